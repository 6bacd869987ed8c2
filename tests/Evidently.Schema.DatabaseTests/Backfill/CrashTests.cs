using Evidently.Schema.Hosting;
using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>The server itself crashes, and has not yet written the last batches to disk.</summary>
[Category("Last")]
[Explicit("A server of its own: CI runs it last.")]
public sealed class CrashTests
{
    private const string Copied = "SELECT coalesce(sum(results), 0)::bigint FROM evidently_schema.backfill_lanes";
    private const string Left = "SELECT count(DISTINCT collector_result_id) - (SELECT sum(results) FROM evidently_schema.backfill_lanes)::bigint FROM extracted_positions";

    /// <summary>Results whose rows the star has though their lane's checkpoint is behind them, or the other way about.</summary>
    private const string Torn =
        """
        SELECT count(*) FROM (SELECT DISTINCT collector_result_id AS id FROM extracted_positions WHERE competitor_name IS NULL) AS r
        JOIN evidently_schema.backfill_lanes AS l ON l.lane = evidently_schema.stripe(r.id) / 256
        WHERE coalesce(r.id <= l.last_id, false) <> EXISTS (SELECT FROM metric_facts AS f WHERE f.collector_result_id = r.id)
        """;

    [Test]
    public async Task The_last_batches_are_lost_whole_and_copied_again()
    {
        await using var server = await OwnServer.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["synchronous_commit"] = "on",
            ["wal_writer_delay"] = "10s",
            ["wal_writer_flush_after"] = "1GB",
            ["autovacuum"] = "off",
        });
        await using var legacy = await LegacyDatabase.CreateAsync(server);
        await legacy.FillAsync(StarDatabase.Few with { Results = 500 });
        await using var database = StarDatabase.Of(legacy);
        await Steps.UpAsync(database.ConnectionString, Steps.BeforeCopy);
        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = '1' WHERE name = 'backfill_batch_size'; UPDATE evidently_schema.settings SET value = '20' WHERE name = 'backfill_pause_ms'");

        long lost;
        do // unless the WAL writer woke just then
        {
            await database.ExecuteAsync("CALL evidently_schema.backfill(1)");
            var copied = await database.ScalarAsync<long>(Copied);
            await server.StopAsync(immediate: true);
            await server.StartAgainAsync();
            lost = copied - await database.ScalarAsync<long>(Copied);
            Assert.That(await database.ScalarAsync<long>(Torn), Is.Zero, "rows and checkpoint of a batch go together");
            Assert.That(await database.ScalarAsync<long>(Left), Is.GreaterThan(0), "no crash has met a batch that was not on disk");
        }
        while (lost == 0);

        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = '1000' WHERE name = 'backfill_batch_size'; UPDATE evidently_schema.settings SET value = '0' WHERE name = 'backfill_pause_ms'");
        await database.MigrateAsync(Phase.Backfill);
        await database.AssertStarAsync();
        Assert.That(await database.ScalarAsync<bool>("SELECT bool_and(v.ok) FROM evidently_schema.verify() AS v"), "verification");
    }
}
