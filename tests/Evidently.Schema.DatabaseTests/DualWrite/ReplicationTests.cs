using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.Packages;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.DualWrite;

/// <summary>A migrated database whose legacy tables, and nothing of ours, are fed by logical replication.</summary>
[Category("Last")]
[Explicit("A server of its own, and a replica that catches up: CI runs it last.")]
public sealed class ReplicationTests
{
    private const string Legacy = "public.extracted_positions, public.collector_results, public.generated_queries, public.brand_competitors, public.brands, public.customers";

    private PostgresServer _server = null!;

    [OneTimeSetUp]
    public async Task StartServer() =>
        _server = await OwnServer.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal) { ["wal_level"] = "logical", ["max_replication_slots"] = "10", ["max_wal_senders"] = "10" });

    [OneTimeTearDown]
    public async Task StopServer() => await _server.DisposeAsync();

    [Test]
    public async Task Without_the_documented_triggers_verification_shows_the_difference_and_repair_brings_it()
    {
        await using var subscribed = await SubscribedAsync(follows: false);

        await subscribed.ApplyAsync("UPDATE extracted_positions SET visibility_index = 0.91 WHERE collector_result_id = 1");

        Assert.That(await subscribed.Star.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.change_notes"), Is.Zero, "notes");
        Assert.That(await subscribed.Star.ListAsync("SELECT check_name FROM evidently_schema.verify() WHERE NOT ok"), Is.EqualTo(new[] { "brand_metrics" }));
        await Eventually.Holds(async () => await subscribed.Star.ScalarAsync<long>("SELECT evidently_schema.repair()") == 0, "all is repaired");
        await subscribed.Star.ExecuteAsync("SELECT public.refresh_mv_brand_daily_metrics()");
        await subscribed.Star.AssertStarAsync();
    }

    [TestCase("UPDATE extracted_positions SET visibility_index = 0.91, sentiment_score_competitor = 33 WHERE collector_result_id < 4")]
    [TestCase("DELETE FROM extracted_positions WHERE collector_result_id = 1; INSERT INTO extracted_positions (brand_id, collector_type) SELECT brand_id, 'loose' FROM collector_results LIMIT 1")]
    [TestCase("UPDATE extracted_positions SET collector_result_id = 2 WHERE collector_result_id = 1 AND competitor_name IS NOT NULL")]
    [TestCase("INSERT INTO extracted_positions (collector_result_id, brand_id, customer_id, query_id, collector_type)"
        + " SELECT collector_result_id, brand_id, customer_id, query_id, 'newer' FROM extracted_positions WHERE collector_result_id = 1 AND competitor_name IS NULL")]
    [TestCase("TRUNCATE extracted_positions")]
    [TestCase("UPDATE generated_queries SET topic = 'replicated'; UPDATE brand_competitors SET competitor_name = competitor_name || '!'")]
    [TestCase("DELETE FROM collector_results WHERE id = 1")]
    [TestCase("DELETE FROM brands WHERE id = (SELECT brand_id FROM extracted_positions WHERE collector_result_id = 1 LIMIT 1)")]
    public async Task With_the_documented_triggers_what_is_applied_is_noted_and_drained(string statement)
    {
        await using var subscribed = await SubscribedAsync(follows: true);

        await subscribed.ApplyAsync(statement);

        Assert.That(await subscribed.Star.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.change_notes"), Is.GreaterThan(0), "notes");
        await subscribed.Star.DrainAsync();
        await subscribed.Star.AssertStarAsync();
        Assert.That(await subscribed.Star.ScalarAsync<bool>("SELECT bool_and(v.ok) FROM evidently_schema.verify() AS v"));
    }

    [Test]
    public async Task A_trigger_that_fires_for_a_replica_alone_does_not_count_as_capture()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy);
        await database.ExecuteAsync("ALTER TABLE extracted_positions ENABLE REPLICA TRIGGER evidently_schema_update");

        var refusal = (await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync("CALL evidently_schema.backfill()")))!;
        await database.ExecuteAsync("ALTER TABLE extracted_positions ENABLE ALWAYS TRIGGER evidently_schema_update");
        await database.ExecuteAsync("CALL evidently_schema.backfill()");

        Assert.That(refusal.SqlState, Is.EqualTo("EV007"));
        await database.AssertDrainedAsync(guarded: true);
    }

    [Test]
    public async Task Rolling_back_takes_the_documented_triggers_away()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        await database.ExecuteAsync(Documented());

        await database.RollbackAsync(Phase.None);

        Assert.That(await database.ListAsync("SELECT tgname FROM pg_trigger WHERE tgname LIKE 'evidently_schema%'"), Is.Empty);
        await database.MigrateAsync(Phase.DualWrite);
    }

    private static string Documented()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs", "dual-write.md"));
        var from = page.IndexOf("```sql\nCALL evidently_schema.step(", StringComparison.Ordinal) + "```sql\n".Length;
        return page[from..page.IndexOf("```", from, StringComparison.Ordinal)];
    }

    private async Task<Subscribed> SubscribedAsync(bool follows)
    {
        var publisher = await LegacyDatabase.CreateAsync(_server);
        await publisher.FillAsync(StarDatabase.Few);
        var subscriber = await publisher.CloneAsync();
        var star = StarDatabase.Of(subscriber);
        await star.MigrateAsync(Phase.DualWrite);
        if (follows)
        {
            await star.ExecuteAsync(Documented());
        }

        var name = $"s{Guid.NewGuid():N}";
        var target = new NpgsqlConnectionStringBuilder(publisher.AdminConnectionString);
        await Sql.ExecuteAsync(publisher.AdminConnectionString, $"CREATE PUBLICATION {name} FOR TABLE {Legacy}");
        await Sql.ExecuteAsync(publisher.AdminConnectionString, $"SELECT pg_create_logical_replication_slot('{name}', 'pgoutput')");
        await Sql.ExecuteAsync(
            star.AdminConnectionString,
            $"CREATE SUBSCRIPTION {name} CONNECTION 'host={target.Host} port={target.Port} dbname={target.Database} user={target.Username}' PUBLICATION {name}"
                + $" WITH (create_slot = false, slot_name = '{name}', copy_data = false)");
        return new Subscribed(publisher, star, name);
    }

    private sealed class Subscribed(LegacyDatabase publisher, StarDatabase star, string name) : IAsyncDisposable
    {
        public StarDatabase Star => star;

        /// <summary>Runs a statement where the tables are written, and returns once it is applied here.</summary>
        public async Task ApplyAsync(string statement)
        {
            await Sql.ExecuteAsync(publisher.ConnectionString, statement);
            var end = await Sql.ScalarAsync<string>(publisher.AdminConnectionString, "SELECT pg_current_wal_lsn()::text");
            await Eventually.Holds(
                async () => await Sql.ScalarAsync<bool>(
                    publisher.AdminConnectionString, $"SELECT coalesce((SELECT replay_lsn >= '{end}' FROM pg_stat_replication WHERE application_name = '{name}'), false)"),
                "it is applied");
        }

        public async ValueTask DisposeAsync()
        {
            await Sql.ExecuteAsync(star.AdminConnectionString, $"DROP SUBSCRIPTION {name}");
            await star.DisposeAsync();
            await publisher.DisposeAsync();
        }
    }
}
