using Evidently.Schema.DatabaseTests.Packages;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>The migrating process, its backend or the whole server end in the middle: nothing is lost, and a further run finishes.</summary>
[Category("Last")]
[Explicit("Kills take their time, one after the other: CI runs it last.")]
public sealed class KillTests
{
    private const int Kills = 50;
    private const int Seed = 20250301;

    private static readonly LegacyFill Many = StarDatabase.Few with { Results = 2000, Brands = 4 };

    [Test]
    public async Task Killed_fifty_times_both_ways_under_writers_the_backfill_ends_right()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy, fill: Many);
        await SetAsync(database, batch: 2, pause: 15);
        var random = new Random(Seed);
        await using (Writers.Start(database, Many.Results))
        {
            for (var kill = 0; kill < Kills; kill++)
            {
                await (kill % 5 == 0 ? KillProcessAsync(database, random) : KillBackendAsync(database, random));
            }

            Assert.That(
                await database.ScalarAsync<string>("SELECT state FROM evidently_schema.backfill_progress"), Is.EqualTo("running"), "it was over before the last kill");
            Assert.That(await database.ScalarAsync<long>("SELECT done FROM evidently_schema.backfill_progress"), Is.Positive, "it went on between the kills");
            await SetAsync(database, batch: 1000, pause: 0);
            await database.MigrateAsync(Phase.Backfill);
        }

        await database.DrainAsync();
        await database.AssertStarAsync();
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.star_foreign_keys WHERE attached AND validated"), Is.EqualTo(10));
    }

    /// <summary>Every session of the database is ended, again and again, wherever the migration is; then it may finish.</summary>
    [TestCase(0, Steps.Created)]
    [TestCase(Steps.Created, Steps.Finished)]
    [TestCase(Steps.Copied, Steps.Finished)]
    [TestCase(Steps.Finished, 0)]
    public async Task Steps_killed_at_random_moments_and_run_again_end_where_undisturbed_ones_end(long from, long to)
    {
        var variant = new LegacyVariant { ResultIndex = false };
        await using var undisturbed = await StarDatabase.CreateAsync(to, variant);
        await using var database = await StarDatabase.CreateAsync(from, variant);
        await KilledRuns.FinishAsync(database, kills: 12, Seed, _ => 300, () => RunAsync(database, from, to));

        Assert.That(
            to == 0 ? await Dump.WithoutOursAsync(database) : await Dump.AllAsync(database),
            Is.EqualTo(to == 0 ? await Dump.WithoutOursAsync(undisturbed) : await Dump.AllAsync(undisturbed)));
        if (to == Steps.Finished)
        {
            await database.AssertStarAsync();
        }
    }

    [Test]
    public async Task A_validation_killed_in_its_middle_is_finished_by_the_next_run()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Copied);
        await database.ExecuteAsync("DELETE FROM generated_queries WHERE id = (SELECT query_id FROM extracted_positions WHERE collector_result_id = 1 LIMIT 1)");
        await database.ExecuteAsync("SELECT evidently_schema.attach_foreign_keys(false)");
        await using (var holder = await database.OpenAsync("BEGIN; LOCK TABLE competitor_metrics IN SHARE UPDATE EXCLUSIVE MODE"))
        {
            await using var victim = await database.OpenAsync();
            var validating = await victim.StartsWaitingAsync(database, "CALL evidently_schema.validate_foreign_keys()");
            await KillAsync(database, victim, validating);
        }

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.star_foreign_keys WHERE NOT validated"), Is.Positive);
        await database.MigrateAsync(Phase.Backfill);

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.star_foreign_keys WHERE attached AND validated"), Is.EqualTo(10));
        await database.AssertStarAsync();
    }

    [Test]
    public async Task A_finish_killed_before_its_refresh_is_finished_by_the_next_run()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Copied);
        await Steps.UpAsync(database.ConnectionString, 207);
        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.42 WHERE collector_result_id < 5");
        await using (var holder = await database.OpenAsync("BEGIN; REFRESH MATERIALIZED VIEW CONCURRENTLY mv_brand_daily_metrics"))
        {
            await using var victim = await database.OpenAsync();
            var finishing = await victim.StartsWaitingAsync(database, "CALL evidently_schema.finish_backfill()");
            await KillAsync(database, victim, finishing);
        }

        Assert.That(await database.ScalarAsync<string>("SELECT state FROM evidently_schema.backfill_progress"), Is.EqualTo("copied"));
        await database.MigrateAsync(Phase.Backfill);

        Assert.That(await database.ScalarAsync<string>("SELECT state FROM evidently_schema.backfill_progress"), Is.EqualTo("finished"));
        await database.AssertStarAsync();
    }

    /// <summary>On a server of its own that writes through to the disk and recovers from its log.</summary>
    [Test]
    public async Task A_server_that_crashes_in_the_middle_loses_nothing()
    {
        var durable = new Dictionary<string, string>(StringComparer.Ordinal) { ["fsync"] = "on", ["full_page_writes"] = "on", ["synchronous_commit"] = "on" };
        await using var server = await PostgresServer.StartAsync(
            new PostgresServerOptions { Sources = [PostgresServerSource.Installed, PostgresServerSource.Embedded], Settings = durable });
        var legacy = await LegacyDatabase.CreateAsync(server);
        await legacy.FillAsync(Many with { Results = 500 });
        await using var database = StarDatabase.Of(legacy);
        await Steps.UpAsync(database.ConnectionString, Steps.BeforeCopy);
        await SetAsync(database, batch: 5, pause: 10);
        for (var crash = 1; crash <= 3; crash++)
        {
            await using (var session = await database.OpenAsync())
            {
                var copying = session.ExecuteAsync("CALL evidently_schema.backfill()");
                await CopiedAsync(database, crash * 50);
                await database.ExecuteAsync($"UPDATE extracted_positions SET visibility_index = 0.{crash}1 WHERE collector_result_id IN ({crash}, {500 - crash}, 250)");
                await server.StopAsync(immediate: true);
                await Assert.CatchAsync<NpgsqlException>(() => copying);
            }

            await server.StartAgainAsync();
            NpgsqlConnection.ClearAllPools();
            Assert.That(await database.ScalarAsync<long>("SELECT done FROM evidently_schema.backfill_progress"), Is.AtLeast(crash * 50), "a committed batch is gone");
        }

        await database.MigrateAsync(Phase.Backfill);

        await database.AssertStarAsync();
    }

    private static Task RunAsync(StarDatabase database, long from, long to) =>
        to > from ? Steps.UpAsync(database.ConnectionString, to) : Steps.DownAsync(database.ConnectionString, to);

    private static Task CopiedAsync(StarDatabase database, int results) => Eventually.Holds(
        async () => await database.ScalarAsync<long>("SELECT done FROM evidently_schema.backfill_progress") >= results, $"{results} results are copied");

    private static async Task SetAsync(StarDatabase database, int batch, int pause) => await database.ExecuteAsync(
        $"UPDATE evidently_schema.settings SET value = CASE name WHEN 'backfill_batch_size' THEN '{batch}' ELSE '{pause}' END WHERE name IN ('backfill_batch_size', 'backfill_pause_ms')");

    private static async Task KillBackendAsync(StarDatabase database, Random random)
    {
        await using var victim = await database.OpenAsync();
        var copying = victim.ExecuteAsync("CALL evidently_schema.backfill()");
        await Task.Delay(TimeSpan.FromMilliseconds(random.Next(5, 120)), TimeProvider.System); // the random moment
        await KillAsync(database, victim, copying);
    }

    /// <summary>Its backend goes on by itself, as after a real kill; of two, one is ended then.</summary>
    private static async Task KillProcessAsync(StarDatabase database, Random random)
    {
        const string migrating = "FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%CALL evidently_schema.backfill%' AND state = 'active' AND pid <> pg_backend_pid()";
        await using var host = ChildProcess.Start(
            "dotnet", [Repository.Program("Evidently.Schema.StartupHost"), nameof(Phase.Backfill)], [("STARTUP_HOST_CONNECTION", database.ConnectionString)]);
        Assert.That(await host.Output.ReadLineAsync(), Is.EqualTo("ready"));
        await host.Input.WriteLineAsync("go");
        host.Input.Close();
        await Eventually.Holds(async () => await database.ScalarAsync<long>($"SELECT count(*) {migrating}") > 0, "the host copies");
        await Task.Delay(TimeSpan.FromMilliseconds(random.Next(5, 120)), TimeProvider.System); // the random moment
        host.Kill();
        await database.ExecuteAsync($"SELECT pg_terminate_backend(pid, 10000) {migrating}");
    }

    private static async Task KillAsync(StarDatabase database, Session victim, Task running)
    {
        Assert.That(await database.ScalarAsync<bool>($"SELECT pg_terminate_backend({victim.Pid})"), "it had ended by itself");
        await Assert.CatchAsync<NpgsqlException>(() => running);
    }
}
