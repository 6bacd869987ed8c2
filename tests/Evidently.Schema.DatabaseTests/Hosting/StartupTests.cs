using Evidently.Schema.DatabaseTests.Packages;
using Evidently.Schema.Hosting;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Hosting;

/// <summary>Hosts that migrate when they start.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class StartupTests
{
    private const int Migrating = 4;
    private const int Results = 1_100;
    private const int Hosts = 8;
    private const string Slow = "UPDATE evidently_schema.settings SET value = '200' WHERE name = 'backfill_pause_ms'; UPDATE evidently_schema.settings SET value = '10' WHERE name = 'backfill_batch_size'";
    private const string Fast = "UPDATE evidently_schema.settings SET value = '0' WHERE name = 'backfill_pause_ms'; UPDATE evidently_schema.settings SET value = '1000' WHERE name = 'backfill_batch_size'";

    [Test]
    public async Task Phase_1_is_there_before_the_host_serves_and_phase_3_follows_in_the_background()
    {
        await using var database = await HostDatabase.LegacyAsync(Results);

        await using var host = await RunningHost.StartAsync(database.ConnectionString, options => options.MigrateOnStartup = true);

        Assert.That((await host.Migrator.GetStatusAsync()).Phase, Is.AtLeast(Phase.Create));
        await ReachedAsync(database, Phase.DualWrite);
        Assert.That((await host.Migrator.VerifyAsync()).Ok);
        await Eventually.Holds(() => database.ScalarAsync<bool>("SELECT NOT EXISTS (SELECT FROM evidently_schema.leases)"), "the lease is given back");
    }

    [Test]
    public async Task Without_the_option_a_host_leaves_the_database_alone()
    {
        await using var database = await HostDatabase.LegacyAsync();

        await using (await RunningHost.StartAsync(database.ConnectionString, _ => { }))
        {
        }

        Assert.That(await database.ScalarAsync<bool>("SELECT to_regnamespace('evidently_schema') IS NULL"));
    }

    [Test]
    public async Task Where_phase_1_is_refused_the_host_does_not_start_and_says_why()
    {
        await using var database = await HostDatabase.EmptyAsync();

        var exception = (await Assert.ThrowsAsync<SchemaException>(() => RunningHost.StartAsync(database.ConnectionString, options => options.MigrateOnStartup = true)))!;

        Assert.That(exception.SqlState, Is.EqualTo("EV001"));
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.leases"), Is.Zero);
    }

    [Test]
    public async Task What_fails_in_the_background_is_logged_shown_by_the_health_check_and_tried_again()
    {
        await using var database = await HostDatabase.LegacyAsync();
        await database.ExecuteAsync("ALTER TABLE extracted_positions RENAME COLUMN visibility_index TO elsewhere");
        await using var host = await RunningHost.StartAsync(database.ConnectionString, options => (options.MigrateOnStartup, options.Startup.BeforeServing) = (true, Phase.None));

        await Eventually.Holds(() => Task.FromResult(host.Log.Of(15).Count > 0), "it says that it failed");
        var health = (await host.HealthAsync()).Entries["evidently_schema_phase"];
        Assert.That(health.Status, Is.EqualTo(HealthStatus.Degraded));
        Assert.That(health.Description, Does.Contain("visibility_index is missing"));
        await database.ExecuteAsync("ALTER TABLE extracted_positions RENAME COLUMN elsewhere TO visibility_index");

        await ReachedAsync(database, Phase.DualWrite);
        await Eventually.Holds(async () => (await host.HealthAsync()).Entries["evidently_schema_phase"].Status == HealthStatus.Healthy, "it is well again");
    }

    [Test]
    public async Task A_host_that_stops_lets_the_copy_end_its_batch_and_another_goes_on()
    {
        await using var database = await HostDatabase.LegacyAsync(Results);
        await using (var preparing = database.Migrator())
        {
            await preparing.MigrateAsync(Phase.Create);
        }

        await database.ExecuteAsync(Slow);
        await using var host = await RunningHost.StartAsync(database.ConnectionString, options => options.MigrateOnStartup = true);
        await Eventually.Holds(async () => await DoneAsync(database) > 0, "the copy has begun");
        await using var other = await RunningHost.StartAsync(database.ConnectionString, options => options.MigrateOnStartup = true);

        await host.StopAsync();

        var done = await DoneAsync(database);
        Assert.That(done, Is.InRange(1, Results - 1));
        Assert.That(await database.ScalarAsync<bool>("SELECT sum(results) = (SELECT count(DISTINCT collector_result_id) FROM metric_facts) FROM evidently_schema.backfill_lanes"), "what is copied is copied in whole batches");
        await database.ExecuteAsync(Fast);
        await ReachedAsync(database, Phase.DualWrite);
        Assert.That(other.Log.Of(Migrating), Is.Not.Empty);
        Assert.That((await other.Migrator.VerifyAsync()).Ok);
    }

    [Test]
    [Platform(Exclude = "Win", Reason = "SIGTERM cannot be sent to one process there.")]
    public async Task A_host_that_is_told_to_stop_ends_its_batch_within_its_shutdown_timeout()
    {
        await using var database = await HostDatabase.LegacyAsync(Results);
        await using (var preparing = database.Migrator())
        {
            await preparing.MigrateAsync(Phase.Create);
        }

        await database.ExecuteAsync(Slow);
        await using var host = ChildProcess.Start("dotnet", [Repository.Program("Evidently.Schema.StartupHost"), "serve"], [("STARTUP_HOST_CONNECTION", database.ConnectionString)]);
        await host.Input.WriteLineAsync("go");
        await host.Input.FlushAsync();
        await Eventually.Holds(async () => await DoneAsync(database) > 0, "the copy has begun");

        await ChildProcess.RunAsync("/bin/kill", ["-TERM", $"{host.Id}"], []);
        var outcome = await host.EndAsync();

        // A host whose services do not stop in time fails.
        Assert.That(outcome.ExitCode, Is.Zero, outcome.All);
        Assert.That(outcome.Error.Trim(), Is.Empty);
        Assert.That(await DoneAsync(database), Is.InRange(1, Results - 1));
        Assert.That(await database.ScalarAsync<bool>("SELECT sum(results) = (SELECT count(DISTINCT collector_result_id) FROM metric_facts) FROM evidently_schema.backfill_lanes"), "what is copied is copied in whole batches");
        Assert.That(await database.ScalarAsync<bool>("SELECT NOT EXISTS (SELECT FROM evidently_schema.leases WHERE name = 'migrate')"), "the lease is given back");
    }

    [Test]
    public async Task Eight_hosts_at_once_all_serve_and_one_works()
    {
        await using var database = await HostDatabase.LegacyAsync(Results);
        await using var hosts = await ManyHosts.StartAsync(Hosts, database.ConnectionString);

        await hosts.ServingAsync();

        await ReachedAsync(database, Phase.DualWrite);
        Assert.That(hosts.LogOf(Migrating).Select(line => line.Host).Distinct().Count(), Is.EqualTo(1), string.Join(Environment.NewLine, hosts.LogOf(Migrating)));
        await using var migrator = database.Migrator();
        Assert.That((await migrator.VerifyAsync()).Ok);
    }

    [Test]
    [Category("Last")]
    [Explicit("Waits for a lease to end: CI runs it last.")]
    public async Task A_killed_worker_hands_over_to_another_host()
    {
        await using var database = await HostDatabase.LegacyAsync(Results);
        await using (var preparing = database.Migrator())
        {
            await preparing.MigrateAsync(Phase.Create);
        }

        await database.ExecuteAsync(Slow);
        await using var hosts = await ManyHosts.StartAsync(3, database.ConnectionString);
        await hosts.ServingAsync();
        await Eventually.Holds(async () => await DoneAsync(database) > 0, "the copy has begun");

        var killed = hosts.Kill(await database.ScalarAsync<string>("SELECT holder FROM evidently_schema.leases WHERE name = 'migrate'"));

        await Eventually.Holds(() => Task.FromResult(hosts.LogOf(Migrating).Any(line => line.Host != killed)), "another host works");
        await database.ExecuteAsync(Fast);
        await ReachedAsync(database, Phase.DualWrite);
        await using var migrator = database.Migrator();
        Assert.That((await migrator.VerifyAsync()).Ok);
    }

    private static async Task<long> DoneAsync(HostDatabase database) =>
        await database.ScalarAsync<bool>("SELECT to_regclass('evidently_schema.backfill_lanes') IS NOT NULL")
            ? (long)await database.ScalarAsync<decimal>("SELECT coalesce(sum(results), 0) FROM evidently_schema.backfill_lanes")
            : 0;

    private static async Task ReachedAsync(HostDatabase database, Phase phase)
    {
        await using var migrator = database.Migrator();
        await Eventually.Holds(async () => (await migrator.GetStatusAsync()).Phase >= phase, $"phase {phase}", TimeSpan.FromMinutes(2));
    }
}
