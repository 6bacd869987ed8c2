using Evidently.Schema.DatabaseTests.Pooler;
using Evidently.Schema.Hosting.Data;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Hosting;

/// <summary>The lease that says which host works, also behind a PgBouncer in transaction mode with one server connection for all.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class LeaseTests
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(5);

    [Test]
    public async Task One_has_it_until_it_gives_it_back([Values] bool pooled)
    {
        await using var database = await HostDatabase.LegacyAsync();
        await using var pooler = pooled ? await PgBouncer.StartAsync(database.ConnectionString) : null;
        await using var source = NpgsqlDataSource.Create(pooler?.ConnectionString ?? database.ConnectionString);
        Lease[] hosts = [.. Enumerable.Range(0, 4).Select(_ => Of(source, Long))];

        // On a database with nothing of ours, at the same moment.
        var taken = await Task.WhenAll(hosts.Select(host => host.TryTakeAsync(default)));

        Assert.That(taken.Count(took => took), Is.EqualTo(1));
        var holder = hosts[Array.IndexOf(taken, value: true)];
        Assert.That(await holder.TryTakeAsync(default), "its own it renews");
        await holder.ReleaseAsync();
        Assert.That(await hosts.First(host => host != holder).TryTakeAsync(default));
        Assert.That(await holder.TryTakeAsync(default), Is.False);
    }

    [Test]
    public async Task One_that_is_not_renewed_is_anothers_and_its_holder_stops_its_work()
    {
        await using var database = await HostDatabase.LegacyAsync();
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        var holder = Of(source, TimeSpan.FromSeconds(1));
        var other = Of(source, Long);
        Assert.That(await holder.TryTakeAsync(default));
        var working = holder.HoldWhileAsync(token => Task.Delay(Timeout.InfiniteTimeSpan, token), default);
        Assert.That(await other.TryTakeAsync(default), Is.False);

        // As if the holder had been stopped for longer than its lease.
        await database.ExecuteAsync("UPDATE evidently_schema.leases SET holder = 'another', until = clock_timestamp() - interval '1 second'");
        Assert.That(await other.TryTakeAsync(default));

        await Assert.CatchAsync<OperationCanceledException>(() => working);
        Assert.That(await database.ScalarAsync<string>("SELECT holder FROM evidently_schema.leases"), Is.EqualTo(other.Holder));
    }

    [Test]
    public async Task While_its_work_goes_on_it_outlives_its_duration()
    {
        await using var database = await HostDatabase.LegacyAsync();
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        var holder = Of(source, TimeSpan.FromSeconds(1));
        Assert.That(await holder.TryTakeAsync(default));
        var taken = await database.ScalarAsync<DateTime>("SELECT until FROM evidently_schema.leases");

        await holder.HoldWhileAsync(
            _ => Eventually.Holds(() => database.ScalarAsync<bool>($"SELECT until > '{taken:O}'::timestamptz + interval '1 second' FROM evidently_schema.leases"), "it is renewed again and again"),
            default);

        Assert.That(await database.ScalarAsync<string>("SELECT holder FROM evidently_schema.leases"), Is.EqualTo(holder.Holder));
    }

    private static Lease Of(NpgsqlDataSource source, TimeSpan duration) => new(() => source, "test", duration, TimeProvider.System, NullLogger.Instance);
}
