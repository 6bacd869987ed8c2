using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.Reads;
using Evidently.Schema.Hosting;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>Phases 1 and 2 on every shape of the legacy database, as dirty as it can be, and every page of phase 4 on both sides.</summary>
[Category("Versions")]
[Parallelizable(ParallelScope.All)]
public sealed class VariantTests
{
    private static readonly string[] TimeZones = ["UTC", "America/New_York", "Asia/Kolkata"];
    private static readonly LegacyFill Heavy = new() { Results = 600, Dirt = LegacyDirt.Heavy };

    /// <summary>The pairwise ones, and for each competitor id the two that hold all dirt between them.</summary>
    public static IEnumerable<LegacyVariant> Variants() =>
        LegacyVariant.Pairwise().Concat(
            from competitorId in Enum.GetValues<CompetitorIdType>()
            from metrics in new[] { MetricType.Numeric, MetricType.DoublePrecision }
            select new LegacyVariant
            {
                CompetitorId = competitorId,
                Metrics = metrics,
                Positions = metrics == MetricType.Numeric ? PositionsType.Jsonb : PositionsType.IntegerArray,
                ForeignKeys = false,
            }).Distinct();

    [TestCaseSource(nameof(Variants))]
    public async Task The_backfilled_star_is_the_one_its_legacy_rows_describe(LegacyVariant variant)
    {
        await using var database = await TestServer.CreateLegacyAsync(variant, Heavy);
        await using var connection = new NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        var dirt = await InsertDirtAsync(connection, variant);

        await using (var migrator = SchemaMigrator.Create(new SchemaOptions { ConnectionString = database.ConnectionString }))
        {
            await migrator.MigrateAsync(Phase.Backfill, CancellationToken.None);
        }

        await StarOracle.AssertEqualAsync(connection, dirt.RefusedByInsert);
        Assert.That(
            await RejectedDetailsAsync(connection, dirt.RefusedByInsert), Is.All.EqualTo("SQLSTATE 54000"), "details of what only the INSERT refuses");

        await Steps.UpAsync(database.ConnectionString, Steps.Routed);
        await ReadOracle.AssertAsync(connection, seed: (int)variant.CompetitorId, dirt.RefusedByInsert, TimeZones[Array.IndexOf(Variants().ToArray(), variant) % TimeZones.Length]);
    }

    /// <summary>A host without foreign keys has no index on large text either.</summary>
    internal static async Task<DirtyRows> InsertDirtAsync(NpgsqlConnection connection, LegacyVariant variant)
    {
        if (!variant.ForeignKeys)
        {
            await DirtyRows.DropIndexesOfLargeTextAsync(connection);
        }

        return await DirtyRows.InsertAsync(connection);
    }

    private static async Task<List<string>> RejectedDetailsAsync(NpgsqlConnection connection, List<long> results)
    {
        await using var command = new NpgsqlCommand(
            "SELECT detail FROM evidently_schema.rejected_rows WHERE collector_result_id = ANY ($1)", connection);
        command.Parameters.AddWithValue(results.ToArray());
        var details = new List<string>();
        await using var reader = await command.ExecuteReaderAsync();
        while (await reader.ReadAsync())
        {
            details.Add(reader.GetString(0));
        }

        return details;
    }
}
