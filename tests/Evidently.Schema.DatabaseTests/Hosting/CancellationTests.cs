using Evidently.Schema.Hosting;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Hosting;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class CancellationTests
{
    private const string SomeoneWaits = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'evidently_schema.version_info'::regclass)";

    [Test]
    public async Task Cancelling_stops_the_statement_that_runs_and_running_again_finishes()
    {
        await using var database = await HostDatabase.LegacyAsync();
        await using var migrator = database.Migrator();
        await migrator.MigrateAsync(Phase.Create);
        await migrator.RollbackAsync(Phase.None);
        using var cancellation = new CancellationTokenSource();

        // Lets FluentMigrator read its versions and stops it where it writes one.
        await using var other = await database.OpenAsync();
        await using var transaction = await other.BeginTransactionAsync();
        await using var hold = new NpgsqlCommand("LOCK TABLE evidently_schema.version_info IN SHARE MODE", other, transaction);
        await hold.ExecuteNonQueryAsync();
        var migrating = migrator.MigrateAsync(Phase.Create, cancellation.Token);
        await Eventually.Holds(() => database.ScalarAsync<bool>(SomeoneWaits), "the runner waits");
        await cancellation.CancelAsync();

        var exception = (await Assert.CatchAsync<OperationCanceledException>(() => migrating))!;
        Assert.That(exception.Message, Does.Contain("migration 101"));
        Assert.That(exception.CancellationToken, Is.EqualTo(cancellation.Token));
        Assert.That(await database.ScalarAsync<bool>(SomeoneWaits), Is.False);
        Assert.That((await migrator.GetStatusAsync()).Applied, Is.Empty);

        await transaction.RollbackAsync();
        Assert.That(await migrator.MigrateAsync(Phase.Create), Does.Contain(101L));
    }

    [Test]
    public async Task A_cancelled_token_starts_nothing()
    {
        await using var database = await HostDatabase.LegacyAsync();
        await using var migrator = database.Migrator();

        await Assert.CatchAsync<OperationCanceledException>(() => migrator.MigrateAsync(Phase.Create, new CancellationToken(canceled: true)));

        Assert.That((await migrator.GetStatusAsync()).Applied, Is.Empty);
    }
}
