using Evidently.Schema.DatabaseTests.Retire;
using Evidently.Schema.Hosting;
using Evidently.Schema.Hosting.Data;
using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>
/// The migration ends right after each of its statements, one after the other, the last of a migration included, whose version's row is not written or removed
/// then; the next run begins that migration anew. It ends where an undisturbed one does.
/// </summary>
/// <remarks>Seen to fail where a Down calls a function that it has dropped, as 204's did; where a step takes rights away that a later one of its migration gives, as 501's did.</remarks>
[Category("Last")]
[Explicit("Some hundreds of runs: CI runs it last.")]
[Parallelizable(ParallelScope.All)]
public sealed class CutTests
{
    private const long Archived = 503;

    private const string Secure =
        """
        GRANT SELECT ON extracted_positions, metric_facts, brand_metrics, competitor_metrics, brand_sentiment, competitor_sentiment, brand_competitors, collector_results, brands TO PUBLIC;
        ALTER TABLE extracted_positions ENABLE ROW LEVEL SECURITY;
        CREATE POLICY everybody ON extracted_positions USING (true);
        UPDATE evidently_schema.settings SET value = 'true' WHERE name = 'star_policies_confirmed'
        """;

    private static readonly LegacyVariant Unindexed = new() { ResultIndex = false };

    /// <summary>With the host's runner, and with FluentMigrator's own; without row security on legacy, and with it.</summary>
    [TestCase(true, false)]
    [TestCase(false, true)]
    public async Task Cut_after_each_statement_up_through_archive_and_down_again_it_ends_where_an_undisturbed_one_ends(bool hosted, bool secured)
    {
        await using var undisturbed = await StarDatabase.CreateAsync(0, Unindexed);
        await using var database = await StarDatabase.CreateAsync(0, Unindexed);
        var expected = await ThereAndBackAsync(undisturbed, cutting: false, hosted, secured);
        var actual = await ThereAndBackAsync(database, cutting: true, hosted, secured);

        AssertSame(actual, expected, rows: 2 * MigrationCatalog.All.Count(migration => migration.Version <= Archived));
    }

    [Test]
    public async Task Cut_after_each_statement_cleanup_and_the_drop_of_the_answers_end_where_undisturbed_ones_end()
    {
        await using var undisturbed = await RetireDatabase.ArchivedAsync(toStar: true);
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        var expected = await DropAsync(undisturbed, cutting: false);
        var actual = await DropAsync(database, cutting: true);

        AssertSame(actual, expected, rows: 2);
    }

    /// <param name="actual">Of the database that was cut.</param>
    /// <param name="expected">Of the undisturbed one.</param>
    /// <param name="rows">How many rows of versions were written and removed.</param>
    private static void AssertSame(Walk actual, Walk expected, int rows)
    {
        Assert.That(actual.Dumps, Is.EqualTo(expected.Dumps));
        var lasts = expected.Places.Zip(expected.Places.Skip(1)).Where(pair => pair.Second.IsRow && !pair.First.IsRow && string.Equals(pair.First.Applied, pair.Second.Applied, StringComparison.Ordinal)).Select(pair => pair.First);
        Assert.That(lasts, Has.Exactly(rows).Items, "last statements of migrations, before the version's row");
        Assert.That(expected.Places.Except(actual.Places), Is.Empty, "statements after which it was not cut");
        Assert.That(actual.Places, Has.Count.AtLeast(3 * rows), "cuts");
    }

    private static async Task<Walk> ThereAndBackAsync(StarDatabase database, bool cutting, bool hosted, bool secured)
    {
        var walk = new Walk();
        var connection = database.ConnectionString;
        var rows = await Dump.LegacyRowsAsync(database);
        await walk.RunAsync(database, cutting, () => hosted ? HostedAsync(database, Phase.Reads) : Steps.UpAsync(connection, Steps.Routed));
        await database.AssertStarAsync();

        await database.MakeReadyAsync();
        if (secured)
        {
            await database.ExecuteAsync(Secure);
        }

        await walk.RunAsync(database, cutting, () => hosted ? HostedAsync(database, Phase.Retire) : Steps.TaggedUpAsync(connection, Archived, "archive"));
        await database.AssertVerifiedAsync();

        await database.ExecuteAsync(RetireDatabase.ToStar);
        await database.ExecuteAsync(RetireDatabase.Save(100));
        var shown = await database.ShownAsync();
        await walk.RunAsync(database, cutting, () => hosted ? database.RollbackAsync(Phase.Reads) : Steps.DownAsync(connection, Steps.Routed, "archive"));
        Assert.That(await database.ShownAsync(), Is.EqualTo(shown));
        await database.AssertVerifiedAsync();

        await database.ExecuteAsync("UPDATE evidently_schema.read_routes SET star_percent = 0");
        await walk.RunAsync(database, cutting, () => hosted ? database.RollbackAsync(Phase.None) : Steps.DownAsync(connection, 0));
        await database.ExecuteAsync("DELETE FROM extracted_positions WHERE collector_result_id = 100; DELETE FROM collector_results WHERE id IN (100, 101)");
        Assert.That(await Dump.LegacyRowsAsync(database), Is.EqualTo(rows));
        return walk;
    }

    /// <summary>With one worker: of several, one would copy while the other is cut.</summary>
    private static async Task HostedAsync(StarDatabase database, Phase to)
    {
        await using var migrator = SchemaMigrator.Create(new SchemaOptions { ConnectionString = database.ConnectionString, BackfillWorkers = 1 });
        await migrator.MigrateAsync(to);
    }

    private static async Task<Walk> DropAsync(StarDatabase database, bool cutting)
    {
        var walk = new Walk();
        await database.OldAndQuietAsync();
        await database.ExecuteAsync("CREATE TABLE kept AS SELECT * FROM extracted_positions");
        await walk.RunAsync(database, cutting, () => Steps.TaggedUpAsync(database.ConnectionString, 504, "cleanup"));
        Assert.That(await database.ListAsync(RetireDatabase.Differing), Is.Empty);

        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = 'true' WHERE name = 'allow_drop_raw_answer'");
        await walk.RunAsync(database, cutting, () => Steps.TaggedUpAsync(database.ConnectionString, 505, "drop-raw-answer"));
        Assert.That(await database.ListAsync(RetireDatabase.Differing.Replace(".*)", ".*) - 'raw_answer'", StringComparison.Ordinal)), Is.Empty);
        return walk;
    }

    /// <summary>Several runs, one after the other: the schema after each, and the places of each.</summary>
    private sealed class Walk
    {
        public List<string> Dumps { get; } = [];

        public List<Place> Places { get; } = [];

        public async Task RunAsync(StarDatabase database, bool cutting, Func<Task> migrate)
        {
            using var cuts = new Cuts(database, cutting);
            await cuts.FinishAsync(migrate);
            Places.AddRange(cuts.Places.Select(place => place with { Run = Dumps.Count }));
            Dumps.Add(await Dump.AllAsync(database));
        }
    }
}
