using Evidently.Schema.DatabaseTests.Backfill;
using Npgsql;
using Guard = Evidently.Schema.DatabaseTests.Backfill.Guard;

namespace Evidently.Schema.DatabaseTests.DualWrite;

/// <summary><c>save_positions</c>, held between its DELETE and its INSERT or before both, while somebody deletes what its rows refer to, and by cascade the rows.</summary>
[Category("Versions")]
[Parallelizable(ParallelScope.All)]
public sealed class SaveBesideDeleteTests
{
    private const string OfResult2 = "FROM extracted_positions WHERE collector_result_id = 2 AND competitor_name IS NULL";

    private const string Save =
        """
        SELECT evidently_schema.save_positions(2,
            (SELECT to_jsonb(ep) - 'id' FROM extracted_positions AS ep WHERE collector_result_id = 2 AND competitor_name IS NULL),
            (SELECT jsonb_agg(to_jsonb(ep) - 'id' ORDER BY ep.competitor_name) FROM extracted_positions AS ep WHERE collector_result_id = 2 AND competitor_name IS NOT NULL))
        """;

    /// <summary>Stops whoever inserts a row, until the gate opens.</summary>
    private const string Gate =
        """
        CREATE FUNCTION gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN NEW; END $$;
        CREATE TRIGGER gate BEFORE INSERT ON extracted_positions FOR EACH ROW EXECUTE FUNCTION gate();
        """;

    /// <summary>What the rows refer to is locked before they are.</summary>
    private static readonly Guard ParentsFirst = new("save_positions", "PERFORM evidently_schema.lock_parents(p_collector_result_id, items);", "NULL;");

    /// <summary>Who waits for one of them holds none of the others.</summary>
    private static readonly Guard EmptyHanded = new("lock_parents", "FOR KEY SHARE NOWAIT", "FOR KEY SHARE");

    [TestCase("generated_queries", "query_id", true)]
    [TestCase("generated_queries", "query_id", false)]
    [TestCase("collector_results", "collector_result_id", true)]
    [TestCase("collector_results", "collector_result_id", false)]
    [TestCase("brands", "brand_id", true)]
    [TestCase("brands", "brand_id", false)]
    [TestCase("customers", "customer_id", true)]
    [TestCase("customers", "customer_id", false)]
    public async Task Who_deletes_a_parent_waits_for_the_call_and_none_of_them_fails(string parent, string column, bool guarded)
    {
        await using var database = await SyncDatabase.CreateAsync();
        await ParentsFirst.RemoveUnlessAsync(guarded, database);
        await database.ExecuteAsync(Gate);
        await using var gate = await database.OpenAsync("SELECT pg_advisory_lock(4711)");
        await using var writer = await database.OpenAsync();
        await using var other = await database.OpenAsync();
        var saving = await writer.StartsWaitingAsync(database, Save);
        var deleting = await other.StartsWaitingAsync(database, $"DELETE FROM {parent} WHERE id = (SELECT {column} {OfResult2})");

        await gate.ExecuteAsync("SELECT pg_advisory_unlock(4711)");

        var ends = await Task.WhenAll(EndAsync(saving), EndAsync(deleting));
        Assert.That(ends.Contains(PostgresErrorCodes.DeadlockDetected, StringComparer.Ordinal), Is.Not.EqualTo(guarded), string.Join(' ', ends));
        if (guarded)
        {
            Assert.That(ends, Is.All.Null);
            Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions WHERE collector_result_id = 2"), Is.Zero);
            await database.AssertDrainedAsync(guarded: true);
        }
    }

    /// <summary>Cascades lock the two in either order, and the call must not have one while it waits for the other. It asks for the brand first, so that only who has the result shows the guard.</summary>
    [TestCase(true, true)]
    [TestCase(false, true)]
    [TestCase(false, false)]
    public async Task A_call_that_waits_for_one_parent_does_not_hold_the_other(bool brandFirst, bool guarded)
    {
        const string brand = $"SELECT FROM brands WHERE id = (SELECT brand_id {OfResult2}) FOR UPDATE"; // as a DELETE locks it
        const string result = "SELECT FROM collector_results WHERE id = 2 FOR UPDATE";
        await using var database = await SyncDatabase.CreateAsync();
        await EmptyHanded.RemoveUnlessAsync(guarded, database);
        await using var other = await database.OpenAsync($"BEGIN; {(brandFirst ? brand : result)}");
        await using var writer = await database.OpenAsync();
        var saving = await writer.StartsWaitingAsync(database, Save);

        var taken = await EndAsync(other.ExecuteAsync((brandFirst ? result : brand) + " NOWAIT"));
        await other.ExecuteAsync("ROLLBACK");
        await saving;

        Assert.That(taken, guarded ? Is.Null : Is.EqualTo(PostgresErrorCodes.LockNotAvailable));
        await database.AssertDrainedAsync(guarded: true);
    }

    /// <summary>The caller's own patience is the one that counts, as it is for a statement of his own.</summary>
    [Test]
    public async Task A_call_waits_no_longer_than_the_caller_s_lock_timeout()
    {
        await using var database = await SyncDatabase.CreateAsync();
        var before = await database.ListAsync("SELECT id FROM extracted_positions WHERE collector_result_id = 2 ORDER BY 1");
        await using var other = await database.OpenAsync("BEGIN; SELECT FROM collector_results WHERE id = 2 FOR UPDATE");

        Assert.That(await EndAsync(database.ExecuteAsync($"SET lock_timeout = '50ms'; {Save}")), Is.EqualTo(PostgresErrorCodes.LockNotAvailable));

        Assert.That(await database.ListAsync("SELECT id FROM extracted_positions WHERE collector_result_id = 2 ORDER BY 1"), Is.EqualTo(before));
    }

    /// <summary>Where the table has no foreign key to it, nobody waits for who holds a parent.</summary>
    [Test]
    public async Task Without_foreign_keys_a_call_waits_for_no_parent()
    {
        await using var database = await SyncDatabase.CreateAsync("sync", new() { ForeignKeys = false });
        await using var other = await database.OpenAsync($"BEGIN; SELECT FROM collector_results WHERE id = 2 FOR UPDATE; SELECT FROM brands WHERE id = (SELECT brand_id {OfResult2}) FOR UPDATE");

        await database.ExecuteAsync($"SET lock_timeout = '1s'; {Save}");

        await other.ExecuteAsync("ROLLBACK");
        await database.AssertDrainedAsync(guarded: true);
    }

    private static async Task<string?> EndAsync(Task running)
    {
        try
        {
            await running;
            return null;
        }
        catch (PostgresException problem)
        {
            return problem.SqlState;
        }
    }
}
