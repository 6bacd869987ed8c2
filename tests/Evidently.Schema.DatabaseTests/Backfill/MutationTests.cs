using Evidently.Schema.DatabaseTests.Oracle;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>Breaks one expression of a projection view after the other, projects everything anew, and asks the oracle: it must notice.</summary>
[Category("Last")]
[Explicit("One mutant after the other: CI runs it last.")]
public sealed class MutationTests
{
    private const string ProjectAll =
        "DO $$ BEGIN IF EXISTS (SELECT FROM evidently_schema.project_safely(ARRAY(SELECT DISTINCT collector_result_id FROM extracted_positions WHERE collector_result_id IS NOT NULL)))"
        + " THEN RAISE check_violation USING MESSAGE = 'some results could not even be rejected'; END IF;"
        + " PERFORM evidently_schema.reject_without_result(NULL); END $$";

    private readonly Dictionary<string, string> _definitions = new(StringComparer.Ordinal);
    private StarDatabase _database = null!;
    private Session _session = null!;
    private ExpectedStar _expected = null!;

    [OneTimeSetUp]
    public async Task FillAsync()
    {
        var variant = new LegacyVariant { ForeignKeys = false, Positions = PositionsType.Jsonb };
        _database = StarDatabase.Of(await TestServer.CreateLegacyAsync(variant, StarDatabase.Few with { Results = 200, Dirt = LegacyDirt.Heavy }));
        _session = await _database.OpenAsync();
        var dirt = await DirtyRows.InsertAsync(_session.Connection);
        await Steps.UpAsync(_database.ConnectionString, Steps.Copied); // no foreign keys: they would catch what the views should
        await _database.DrainAsync();
        _expected = ExpectedStar.From(await LegacySnapshot.ReadAsync(_session.Connection), dirt.RefusedByInsert);
        Assert.That(await DifferencesAsync("SELECT"), Is.Empty, "the views as they are make the star that legacy describes");
        foreach (var view in Mutants.All().Select(mutant => mutant.View).Distinct(StringComparer.Ordinal))
        {
            var definition = await _session.ScalarAsync<string>($"SELECT pg_get_viewdef('evidently_schema.{view}'::regclass, true)");
            _definitions[view] = ViewText.Of(view, definition!);
        }
    }

    [OneTimeTearDown]
    public async Task DropAsync()
    {
        await _session.DisposeAsync();
        await _database.DisposeAsync();
    }

    [TestCaseSource(nameof(AllMutants))]
    public async Task The_oracle_sees_a_broken_expression(string view, string from, string to)
    {
        var definition = _definitions[view];
        (from, to) = (ViewText.Of(view, from), ViewText.Of(view, to));
        var at = definition.IndexOf(from, StringComparison.Ordinal);
        Assert.That(at, Is.Not.Negative, "the expression is no longer in the view");

        var differences = await DifferencesAsync(
            $"CREATE OR REPLACE VIEW evidently_schema.{view} WITH (security_invoker = true) AS {definition.Remove(at, from.Length).Insert(at, to)}");

        Assert.That(differences, Is.Not.Empty, "the mutant survives");
    }

    private static IEnumerable<object[]> AllMutants() => Mutants.All().Select(mutant => new object[] { mutant.View, mutant.From, mutant.To });

    /// <summary>In a transaction that is rolled back. The daily view is not refreshed: the tables must tell.</summary>
    private async Task<string> DifferencesAsync(string mutation)
    {
        await using var transaction = await _session.Connection.BeginTransactionAsync();
        try
        {
            await _session.ExecuteAsync($"{mutation}; {ProjectAll}; SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'; SET LOCAL extra_float_digits = 1");
            return StarComparison.Differences(_expected, (await ActualStar.ReadInTransactionAsync(_session.Connection, CancellationToken.None)).Tables);
        }
        catch (PostgresException problem) when (problem.SqlState is PostgresErrorCodes.CheckViolation)
        {
            return problem.MessageText; // a reason that does not exist
        }
        finally
        {
            await transaction.RollbackAsync();
        }
    }
}
