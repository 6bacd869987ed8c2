using Evidently.Schema.DatabaseTests.Packages;
using Evidently.Schema.Hosting;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Hosting;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class ManyRunnersTests
{
    private const int Runners = 4;
    private const string EnterGate = "SELECT pg_advisory_lock(1702259052, 2)";

    [Test]
    public async Task Of_four_migrators_at_once_one_does_the_work_and_the_others_find_nothing_to_do()
    {
        await using var database = await HostDatabase.LegacyAsync();
        var migrators = Enumerable.Range(0, Runners).Select(_ => database.Migrator()).ToArray();

        var applied = await Task.WhenAll(migrators.Select(migrator => Task.Run(() => migrator.MigrateAsync(Phase.DualWrite))));

        Assert.That(applied.Count(versions => versions.Count > 0), Is.EqualTo(1));
        Assert.That(applied.Single(versions => versions.Count > 0), Is.EqualTo((await migrators[0].GetStatusAsync()).Applied));
        var reverted = await Task.WhenAll(migrators.Select(migrator => Task.Run(() => migrator.RollbackAsync(Phase.None))));
        Assert.That(reverted.Count(versions => versions.Count > 0), Is.EqualTo(1));
    }

    [Test]
    public async Task Of_four_host_processes_at_once_all_exit_0_and_one_did_the_work()
    {
        await using var database = await HostDatabase.LegacyAsync();
        var hosts = Enumerable.Range(0, Runners)
            .Select(_ => ChildProcess.Start("dotnet", [Repository.Program("Evidently.Schema.StartupHost"), nameof(Phase.DualWrite)], [("STARTUP_HOST_CONNECTION", database.ConnectionString)]))
            .ToArray();
        try
        {
            foreach (var host in hosts)
            {
                Assert.That(await host.Output.ReadLineAsync(), Is.EqualTo("ready"));
            }

            foreach (var host in hosts)
            {
                await host.Input.WriteLineAsync("go");
                host.Input.Close();
            }

            var outcomes = await Task.WhenAll(hosts.Select(host => host.EndAsync()));

            Assert.That(outcomes.Select(outcome => outcome.ExitCode), Is.All.Zero, string.Join(Environment.NewLine, outcomes.Select(outcome => outcome.All)));
            Assert.That(outcomes.Count(outcome => outcome.Output.Contains("applied 101", StringComparison.Ordinal)), Is.EqualTo(1));
            Assert.That(outcomes.Count(outcome => string.Equals(outcome.Output.Trim(), "applied", StringComparison.Ordinal)), Is.EqualTo(Runners - 1));
        }
        finally
        {
            foreach (var host in hosts)
            {
                await host.DisposeAsync();
            }
        }
    }

    [Test]
    public async Task A_runner_that_waits_too_long_for_another_is_refused_and_names_it()
    {
        await using var database = await HostDatabase.LegacyAsync();
        await using var other = await database.OpenAsync();
        await using var enter = new NpgsqlCommand(EnterGate, other);
        await enter.ExecuteNonQueryAsync();
        await using var migrator = database.Migrator(options => options.LockTimeout = TimeSpan.Zero);

        var exception = (await Assert.ThrowsAsync<SchemaException>(() => migrator.MigrateAsync(Phase.Create)))!;

        Assert.Multiple(() =>
        {
            Assert.That(exception.Error, Is.EqualTo(SchemaError.RunnerBusy));
            Assert.That(exception.SqlState, Is.EqualTo("EV004"));
            Assert.That(exception.Message, Does.Contain($"backend {other.ProcessID}"));
        });
        Assert.That((await migrator.GetStatusAsync()).Applied, Is.Empty);
    }

    [Test]
    public async Task A_waiting_runner_can_be_cancelled()
    {
        await using var database = await HostDatabase.LegacyAsync();
        await using var other = await database.OpenAsync();
        await using var enter = new NpgsqlCommand(EnterGate, other);
        await enter.ExecuteNonQueryAsync();
        await using var migrator = database.Migrator();
        using var cancellation = new CancellationTokenSource();

        var waiting = migrator.MigrateAsync(Phase.Create, cancellation.Token);
        await cancellation.CancelAsync();

        await Assert.CatchAsync<OperationCanceledException>(() => waiting);
    }

    [Test]
    public async Task After_a_failure_the_next_runner_enters_at_once()
    {
        await using var database = await HostDatabase.LegacyAsync();
        await database.ExecuteAsync("CREATE SCHEMA evidently_schema; CREATE TABLE evidently_schema.version_info (wrong integer)");
        await using var migrator = database.Migrator(options => options.LockTimeout = TimeSpan.Zero);

        await Assert.ThrowsAsync<SchemaException>(() => migrator.MigrateAsync(Phase.Create));
        await database.ExecuteAsync("DROP SCHEMA evidently_schema CASCADE");

        Assert.That(await migrator.MigrateAsync(Phase.Create), Is.Not.Empty);
    }
}
