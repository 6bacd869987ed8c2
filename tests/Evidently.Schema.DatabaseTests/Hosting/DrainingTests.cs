using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Hosting;
using Evidently.Schema.Testing;
using Microsoft.Extensions.Logging;

namespace Evidently.Schema.DatabaseTests.Hosting;

/// <summary>The background service, on capture, where every change leaves a note.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class DrainingTests
{
    private const string Notes = "SELECT count(*) FROM evidently_schema.change_notes";
    private const string Change = "UPDATE extracted_positions SET visibility_index = 0.77 WHERE collector_result_id = 1";
    private const string NobodyWaits = "SELECT NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'evidently_schema.change_notes'::regclass)";

    [Test]
    public async Task Notes_are_drained_while_the_host_runs()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await using var host = await DrainingHost.StartAsync(database.ConnectionString);

        await database.ExecuteAsync(Change);
        await database.ExecuteAsync("UPDATE generated_queries SET topic = 'another'");

        await DrainedAsync(database);
        await database.ExecuteAsync("SELECT public.refresh_mv_brand_daily_metrics()");
        await database.AssertStarAsync();
        Assert.That(host.Log.Lines.Where(line => line.Level >= LogLevel.Warning), Is.Empty);
    }

    [Test]
    public async Task A_backlog_larger_than_a_batch_is_drained_turn_after_turn()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.5, collector_type = 'changed'");

        // Were it to wait between turns, it would never end.
        await using var host = await DrainingHost.StartAsync(database.ConnectionString, draining => (draining.BatchSize, draining.Interval, draining.MaxInterval) = (3, TimeSpan.FromHours(1), TimeSpan.FromHours(1)));

        await DrainedAsync(database);
        await Eventually.Holds(() => Task.FromResult(host.Log.Of(302).Count >= 6), "16 results, at most 3 a turn");
    }

    [Test]
    public async Task Of_two_nodes_one_has_the_turn_and_the_other_does_not_wait()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await database.ExecuteAsync(Change);
        await using var other = await database.OpenAsync("BEGIN; SELECT pg_try_advisory_xact_lock(1702259052, 4)");

        await using var host = await DrainingHost.StartAsync(database.ConnectionString);
        await Eventually.Holds(
            () => database.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%drain_turn($1)%' AND state = 'idle')"),
            "it has asked and been answered");
        Assert.That(await database.ScalarAsync<long>(Notes), Is.EqualTo(1));
        await other.ExecuteAsync("COMMIT");

        await DrainedAsync(database);
    }

    [Test]
    public async Task Not_enabled_it_leaves_the_database_alone()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await database.ExecuteAsync(Change);

        await using var host = await DrainingHost.StartAsync(database.ConnectionString, draining => draining.Enabled = false);
        await host.Service.ExecuteTask!;

        Assert.That(await database.ScalarAsync<long>(Notes), Is.EqualTo(1));
        Assert.That(host.Log.Lines, Is.Empty);
    }

    [Test]
    public async Task Before_phase_2_it_only_looks_and_it_begins_when_phase_2_has_come()
    {
        await using var database = await StarDatabase.CreateAsync(0);
        await using var host = await DrainingHost.StartAsync(database.ConnectionString);
        await Eventually.Holds(() => Task.FromResult(host.Log.Of(303).Count == 1), "it says that it has nothing to drain");

        await database.MigrateAsync(Phase.Backfill);
        await database.ExecuteAsync(Change);

        await DrainedAsync(database);
        await database.ExecuteAsync("SELECT public.refresh_mv_brand_daily_metrics()");
        await database.AssertStarAsync();
        Assert.That(host.Log.Of(303), Has.Count.EqualTo(1));
        Assert.That(host.Log.Lines.Where(line => line.Level >= LogLevel.Warning), Is.Empty);
    }

    [Test]
    public async Task Rolling_back_beside_it_leaves_the_star_empty_whoever_writes()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        await using var host = await DrainingHost.StartAsync(database.ConnectionString);
        await using (Writers.Start(database, StarDatabase.Few.Results))
        {
            await database.RollbackAsync(Phase.Create);
        }

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM metric_facts"), Is.Zero);
        await Eventually.Holds(() => Task.FromResult(host.Log.Of(303).Count == 1), "it says that it has nothing to drain");
        await database.MigrateAsync(Phase.DualWrite);
        await database.ExecuteAsync("INSERT INTO evidently_schema.change_notes (kind, collector_result_id) VALUES ('result', 1)");
        await DrainedAsync(database);
        Assert.That(await database.ScalarAsync<bool>("SELECT bool_and(v.ok) FROM evidently_schema.verify() AS v"));
    }

    /// <summary>Guard: drain_turn's look at backfill_runs; without it this test and the one above were seen to fail. Between the Down of 206 and that of 204 notes are still written and can be drained.</summary>
    [Test]
    public async Task A_turn_after_the_copys_Down_drains_nothing()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await Steps.DownAsync(database.ConnectionString, Steps.BeforeCopy);
        await database.ExecuteAsync(Change);

        Assert.That(await database.ListAsync("SELECT (d.projected, d.expanded) FROM evidently_schema.drain_turn() AS d"), Has.Count.EqualTo(1));

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM metric_facts"), Is.Zero);
        Assert.That(await database.ScalarAsync<long>(Notes), Is.GreaterThan(0));
    }

    [Test]
    public async Task It_survives_the_loss_of_its_connections_and_says_so_once()
    {
        await using var server = await OwnServer.StartAsync();
        await using var legacy = await LegacyDatabase.CreateAsync(server);
        await legacy.FillAsync(StarDatabase.Few);
        await using var database = StarDatabase.Of(legacy);
        await database.MigrateAsync(Phase.Backfill);
        await using var host = await DrainingHost.StartAsync(database.ConnectionString);
        await database.ExecuteAsync(Change);
        await DrainedAsync(database);

        await server.StopAsync(immediate: true);
        await Eventually.Holds(() => Task.FromResult(host.Log.Of(305).Count > 0 && host.Log.Of(306).Count > 2), "it has tried and tried again");
        await server.StartAgainAsync();
        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.11 WHERE collector_result_id = 2");

        await DrainedAsync(database);
        Assert.That(host.Log.Of(305).Select(line => line.Text).Distinct(StringComparer.Ordinal).Count(), Is.LessThanOrEqualTo(4), "one line for each kind of failure, not for each try");
        await Eventually.Holds(() => Task.FromResult(host.Log.Of(307).Count > 0), "it says that it goes on");
    }

    [Test]
    public async Task A_result_that_keeps_failing_is_reported_once_for_each_error_and_not_hammered()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await FailAsync(database, "53100");
        await database.ExecuteAsync("INSERT INTO evidently_schema.change_notes (kind, collector_result_id, attempts, noted_at) VALUES ('result', 1, 4, now() - interval '1 day')");

        await using var host = await DrainingHost.StartAsync(database.ConnectionString);
        await Eventually.Holds(() => Task.FromResult(host.Log.Of(304).Count == 1), "it is reported");
        await database.ExecuteAsync(Change.Replace("= 1", "= 2", StringComparison.Ordinal));
        await Eventually.Holds(() => database.ScalarAsync<bool>("SELECT NOT EXISTS (SELECT FROM evidently_schema.change_notes WHERE collector_result_id = 2)"), "others are drained beside it");

        Assert.That(host.Log.Of(304).Single().Text, Does.Contain("Result 1 ").And.Contain("SQLSTATE 53100").And.Contain("5 attempts"));
        Assert.That(host.Log.Of(304).Single().Level, Is.EqualTo(LogLevel.Warning));
        Assert.That(await database.ScalarAsync<int>("SELECT max(attempts) FROM evidently_schema.change_notes"), Is.LessThanOrEqualTo(6), "the next try is seconds away");

        await FailAsync(database, "53400");
        await database.ExecuteAsync("UPDATE evidently_schema.change_notes SET noted_at = now() - interval '1 day'");
        await Eventually.Holds(() => Task.FromResult(host.Log.Of(304).Count == 2), "another error is reported");
        Assert.That(host.Log.Of(304)[1].Text, Does.Contain("SQLSTATE 53400"));

        await database.ExecuteAsync("DROP TRIGGER fail ON metric_facts; UPDATE evidently_schema.change_notes SET noted_at = now() - interval '1 day'");
        await DrainedAsync(database);
        await database.ExecuteAsync("SELECT public.refresh_mv_brand_daily_metrics()");
        await database.AssertStarAsync();
    }

    [Test]
    public async Task Stopping_the_host_cancels_a_turn_that_waits_and_its_notes_stay()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await database.ExecuteAsync(Change);
        await using var holder = await database.OpenAsync("BEGIN; LOCK TABLE evidently_schema.change_notes");
        await using var host = await DrainingHost.StartAsync(database.ConnectionString);
        await Eventually.Holds(async () => !await database.ScalarAsync<bool>(NobodyWaits), "a turn waits for the table");

        await host.StopAsync();

        Assert.That(host.Service.ExecuteTask!.IsCompletedSuccessfully);
        await Eventually.Holds(() => database.ScalarAsync<bool>(NobodyWaits), "its statement is cancelled");
        await holder.ExecuteAsync("COMMIT");
        Assert.That(await database.ScalarAsync<long>(Notes), Is.EqualTo(1));
        Assert.That(host.Log.Lines.Where(line => line.Level >= LogLevel.Warning), Is.Empty);
    }

    private static Task<int> FailAsync(StarDatabase database, string state) => database.ExecuteAsync(
        $"""
        CREATE OR REPLACE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS $f$
        BEGIN
            IF NEW.collector_result_id = 1 THEN
                RAISE EXCEPTION 'full' USING ERRCODE = '{state}';
            END IF;
            RETURN NEW;
        END $f$;
        CREATE OR REPLACE TRIGGER fail BEFORE INSERT OR UPDATE ON metric_facts FOR EACH ROW EXECUTE FUNCTION public.fail();
        """);

    private static Task DrainedAsync(StarDatabase database) =>
        Eventually.Holds(async () => await database.ScalarAsync<long>(Notes) == 0, "all notes are drained");
}
