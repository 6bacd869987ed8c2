using Evidently.Schema.DatabaseTests.Backfill;
using Npgsql;
using Statements = Evidently.Schema.Hosting.Data.Sql;

namespace Evidently.Schema.DatabaseTests.Hosting;

/// <summary>What the lease's statements rest on, each piece with a session held at the critical moment, and without it.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class LeaseGuardTests
{
    private const string OnlyMineOrEnded = "WHERE l.holder = excluded.holder OR l.until < pg_catalog.clock_timestamp()";
    private const string Ended = " OR l.until < pg_catalog.clock_timestamp()";
    private const string OneAtATime = "PERFORM pg_catalog.pg_advisory_xact_lock(1702259052, 5);";
    private const string Holder = "SELECT holder FROM evidently_schema.leases";

    /// <summary>Guard: a lease that has not ended is its holder's.</summary>
    [Test]
    public async Task A_host_that_waited_for_anothers_take_does_not_have_the_lease([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Created);
        await using var first = await database.OpenAsync($"BEGIN; {Take("first", 300)}");
        await using var second = await database.OpenAsync();

        var waiting = await second.StartsWaitingAsync(database, Without(Take("second", 300), guarded ? null : OnlyMineOrEnded));
        await first.ExecuteAsync("COMMIT");
        await waiting;

        Assert.That(await database.ScalarAsync<string>(Holder), Is.EqualTo(guarded ? "first" : "second"), guarded ? "it was taken away" : "the test does not see the guard missing");
    }

    /// <summary>Guard: a lease that has ended is anybody's.</summary>
    [Test]
    public async Task A_killed_hosts_lease_is_the_next_ones_when_it_has_ended([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Created);
        await database.ExecuteAsync(Take("killed", -1));

        await database.ExecuteAsync(Without(Take("next", 300), guarded ? null : Ended));

        Assert.That(await database.ScalarAsync<string>(Holder), Is.EqualTo(guarded ? "next" : "killed"));
    }

    /// <summary>Guard: one session at a time makes the schema and the table.</summary>
    [Test]
    public async Task Two_hosts_that_are_first_at_once_do_not_collide([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(0);
        await using var first = await database.OpenAsync($"BEGIN; {Statements.LeaseTable}");
        await using var second = await database.OpenAsync();

        var waiting = await second.StartsWaitingAsync(database, Without(Statements.LeaseTable, guarded ? null : OneAtATime));
        await first.ExecuteAsync("COMMIT");

        if (guarded)
        {
            await waiting;
        }
        else
        {
            Assert.That((await Assert.ThrowsAsync<PostgresException>(() => waiting))!.SqlState, Is.EqualTo(PostgresErrorCodes.UniqueViolation), "the test does not see the guard missing");
        }

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.leases"), Is.Zero);
    }

    private static string Take(string holder, int seconds) => Statements.LeaseTake
        .Replace("$1", "'migrate'", StringComparison.Ordinal).Replace("$2", $"'{holder}'", StringComparison.Ordinal).Replace("$3", $"{seconds}", StringComparison.Ordinal);

    private static string Without(string sql, string? guard)
    {
        Assert.That(sql, guard is null ? Is.Not.Empty : Does.Contain(guard));
        return guard is null ? sql : sql.Replace(guard, string.Empty, StringComparison.Ordinal);
    }
}
