using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>The copy gives way to a real streaming standby and to a real autovacuum.</summary>
[Category("Last")]
[Explicit("Two servers: CI runs it last.")]
[Platform("Linux")]
public sealed class StandbyTests
{
    private const string Copy = "CALL evidently_schema.backfill()";
    private const string Throttle = "SELECT throttle FROM evidently_schema.backfill_progress";
    private const string Behind = "THEN format('hold: a replica is %s behind'";

    private static readonly LegacyFill Some = StarDatabase.Few with { Results = 300 };

    /// <summary>WAL by the megabyte, and nothing else of it.</summary>
    private const string Write = "SELECT sum(pg_logical_emit_message(true, 'lag', repeat('x', 1000000)) - '0/0') FROM generate_series(1, 4)";

    private PostgresServer _primary = null!;

    [OneTimeSetUp]
    public async Task StartServer() => _primary = await OwnServer.StartAsync(new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["wal_level"] = "replica",
        ["max_wal_senders"] = "5",
        ["max_replication_slots"] = "5",
        ["autovacuum_naptime"] = "1s",
    });

    [OneTimeTearDown]
    public async Task StopServer() => await _primary.DisposeAsync();

    /// <summary>Guard: the look at replicas.</summary>
    [Test]
    public async Task While_a_standby_replays_too_far_behind_the_copy_holds_and_says_so([Values] bool guarded)
    {
        await using var database = await ReadyAsync();
        await using var standby = await Standby.StartAsync(_primary);
        await Sql.ExecuteAsync(database.AdminConnectionString, $"GRANT pg_read_all_stats TO {LegacyDatabase.OwnerRole}");
        if (!guarded)
        {
            var throttle = (await database.ScalarAsync<string>("SELECT pg_get_functiondef('evidently_schema.throttle'::regproc)"))!;
            Assert.That(throttle, Does.Contain(Behind));
            await database.ExecuteAsync(throttle.Replace(Behind, $"AND false {Behind}", StringComparison.Ordinal));
        }

        await standby.PauseReplayAsync();
        await Sql.ExecuteAsync(database.AdminConnectionString, Write);
        await using var worker = await database.OpenAsync("SET evidently_schema.replication_lag = '1MB'");

        var copying = worker.ExecuteAsync(Copy);

        if (!guarded)
        {
            await copying;
            Assert.That(await BehindAsync(database), Is.GreaterThan(1 << 20), "the test does not see the guard missing");
            return;
        }

        await Eventually.Holds(async () => await database.ScalarAsync<string>(Throttle) is { } why && why.StartsWith("hold: a replica is", StringComparison.Ordinal) && why.EndsWith("behind", StringComparison.Ordinal), "it holds and says why");
        Assert.That((copying.IsCompleted, await database.ScalarAsync<long>("SELECT done FROM evidently_schema.backfill_progress")), Is.EqualTo((false, 0L)));
        await standby.ResumeReplayAsync();
        await copying;
        Assert.That(await database.ScalarAsync<string>(Throttle), Is.Null);
        await database.AssertDrainedAsync(guarded: true);
    }

    [Test]
    public async Task A_role_that_may_not_see_replay_copies_on()
    {
        await using var database = await ReadyAsync();
        await Sql.ExecuteAsync(database.AdminConnectionString, $"REVOKE pg_read_all_stats FROM {LegacyDatabase.OwnerRole}");
        await using var standby = await Standby.StartAsync(_primary);
        await standby.PauseReplayAsync();
        await Sql.ExecuteAsync(database.AdminConnectionString, Write);
        await using var worker = await database.OpenAsync("SET evidently_schema.replication_lag = '1MB'");

        // What it does see is how far the slot is behind, and that is what the standby has received.
        await worker.ExecuteAsync(Copy);

        await database.AssertDrainedAsync(guarded: true);
    }

    [Test]
    public async Task While_autovacuum_works_on_legacy_the_copy_is_slow_and_says_so()
    {
        await using var database = await ReadyAsync();
        await database.ExecuteAsync(
            """
            ALTER TABLE extracted_positions SET (autovacuum_vacuum_threshold = 1, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_cost_delay = 100, autovacuum_vacuum_cost_limit = 1);
            UPDATE extracted_positions SET processed_at = processed_at;
            UPDATE evidently_schema.settings SET value = '1' WHERE name = 'backfill_batch_size';
            """);
        await Eventually.Holds(
            () => database.ScalarAsync<bool>("SELECT vacuumed IS NOT NULL AND strpos(vacuumed, 'public.extracted_positions') > 0 FROM evidently_schema.pressure()"), // beside others, perhaps
            "autovacuum works on it", TimeSpan.FromMinutes(1));
        await using var worker = await database.OpenAsync();

        var copying = worker.ExecuteAsync(Copy);

        await Eventually.Holds(
            async () => await database.ScalarAsync<string>(Throttle) is { } why && why.StartsWith("slow: ", StringComparison.Ordinal) && why.EndsWith("public.extracted_positions is vacuumed or analyzed", StringComparison.Ordinal),
            "it is slow and says why");
        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = '1000' WHERE name = 'backfill_batch_size'");
        await copying;
        await database.AssertDrainedAsync(guarded: true);
    }

    private static Task<long> BehindAsync(StarDatabase database) => Sql.ScalarAsync<long>(database.AdminConnectionString, "SELECT replication_bytes::bigint FROM evidently_schema.pressure()")!;

    private async Task<StarDatabase> ReadyAsync()
    {
        var legacy = await LegacyDatabase.CreateAsync(_primary);
        await legacy.FillAsync(Some);
        await Steps.UpAsync(legacy.ConnectionString, Steps.BeforeCopy);
        return StarDatabase.Of(legacy);
    }
}
