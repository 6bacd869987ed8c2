using Evidently.Schema.DatabaseTests.Backfill;
using Npgsql;
using Guard = Evidently.Schema.DatabaseTests.Backfill.Guard;

namespace Evidently.Schema.DatabaseTests.Retire;

/// <summary>Transactions that write several results, held between them, and then go on in opposite order: where the bare table has no deadlock, neither have we.</summary>
[Category("Versions")]
[Parallelizable(ParallelScope.All)]
public sealed class OppositeOrderTests
{
    /// <summary>Who adds a row to a result does not wait for another who has brought it back.</summary>
    private static readonly Guard Skips = new("before_view_row", "FOR UPDATE SKIP LOCKED", "FOR UPDATE");

    /// <summary>After cleanup writers of one result wait for one another, and those of one stripe do not.</summary>
    private static readonly Guard ByResult = new(
        "save_star", "INSERT INTO evidently_schema.saved_now (collector_result_id) VALUES (p_collector_result_id);", "PERFORM pg_advisory_xact_lock(1702259053, evidently_schema.stripe(p_collector_result_id));");

    /// <summary>As above: they do wait.</summary>
    private static readonly Guard OneByOne = ByResult with { Without = "NULL;" };

    [Test]
    public async Task Two_stragglers_add_rows_to_the_same_results_of_the_star_alone([Values] bool guarded)
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await database.ExecuteAsync(RetireDatabase.Save(100) + ";" + RetireDatabase.Save(101));
        await Skips.RemoveUnlessAsync(guarded, database);
        await using var first = await database.OpenAsync($"BEGIN; {Add(100)}");
        await using var second = await database.OpenAsync($"BEGIN; {Add(101)}");

        Assert.That(await DeadlockAsync(first, Add(101), second, Add(100)), Is.Not.EqualTo(guarded));

        if (guarded)
        {
            Assert.That(await database.ListAsync("SELECT count(*) FROM extracted_positions WHERE collector_result_id IN (100, 101) GROUP BY collector_result_id"), Is.EqualTo(new[] { "5", "5" }));
            await database.AssertDrainedAsync(guarded: true);
            await database.AssertVerifiedAsync();
        }
    }

    /// <summary>Before cleanup a busy stripe is not waited for, and new results deadlock as little as their INSERTs did.</summary>
    [TestCase(101, 100)]
    [TestCase(1125, 1124)]
    public async Task Two_save_new_results_to_the_star_alone(long then, long meanwhile)
    {
        await using var database = await RetireDatabase.ArchivedAsync(toStar: true);
        await database.ExecuteAsync(Results);
        await using var first = await database.OpenAsync($"BEGIN; {RetireDatabase.Save(100)}");
        await using var second = await database.OpenAsync($"BEGIN; {RetireDatabase.Save(101)}");

        Assert.That(await DeadlockAsync(first, RetireDatabase.Save(then), second, RetireDatabase.Save(meanwhile)), Is.False);

        await database.AssertDrainedAsync(guarded: true);
        await database.AssertVerifiedAsync();
    }

    [Test]
    public async Task After_cleanup_two_save_different_results_of_the_same_stripes([Values] bool guarded)
    {
        await using var database = await RetireDatabase.DroppedAsync();
        await database.ExecuteAsync(Results);
        await ByResult.RemoveUnlessAsync(guarded, database);
        await using var first = await database.OpenAsync($"BEGIN; {RetireDatabase.Save(100)}");
        await using var second = await database.OpenAsync($"BEGIN; {RetireDatabase.Save(101)}");
        Assert.That(await database.ScalarAsync<bool>($"SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid = {first.Pid})"), Is.Not.EqualTo(guarded), "a lock for each result would fill the lock table");

        Assert.That(await DeadlockAsync(first, RetireDatabase.Save(1125), second, RetireDatabase.Save(1124)), Is.Not.EqualTo(guarded));

        if (guarded)
        {
            Assert.That(await database.ListAsync("SELECT count(*) FROM extracted_positions WHERE collector_result_id >= 100 GROUP BY collector_result_id"), Is.EqualTo(new[] { "3", "3", "3", "3" }));
            Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.saved_now"), Is.Zero);
        }
    }

    [Test]
    public async Task After_cleanup_two_that_save_one_result_come_one_after_the_other([Values] bool guarded)
    {
        await using var database = await RetireDatabase.DroppedAsync();
        await OneByOne.RemoveUnlessAsync(guarded, database);
        await using var first = await database.OpenAsync($"BEGIN; {RetireDatabase.Save(100)}");
        await using var second = await database.OpenAsync();

        var waiting = await second.StartsWaitingAsync(database, RetireDatabase.Save(100, like: 2, visibility: "0.25"));
        await first.ExecuteAsync("COMMIT");
        await waiting;

        Assert.That(await database.ListAsync("SELECT visibility_index::numeric(5, 2) FROM extracted_positions WHERE collector_result_id = 100"), Is.EqualTo(new[] { "0.25", "0.25", "0.25" }));
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM metric_facts WHERE collector_result_id = 100"), guarded ? Is.EqualTo(1) : Is.Zero, "in the star, and not in the residue alone");
    }

    /// <summary>Whose snapshot is older than the other's result: what it would write is no bad row, and is not put aside as one.</summary>
    [Test]
    public async Task After_cleanup_a_writer_above_READ_COMMITTED_that_comes_second_is_told_to_try_again()
    {
        await using var database = await RetireDatabase.DroppedAsync();
        await using var second = await database.OpenAsync("BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT count(*) FROM metric_facts");
        await database.ExecuteAsync(RetireDatabase.Save(100));

        Assert.That((await Assert.ThrowsAsync<PostgresException>(() => second.ExecuteAsync(RetireDatabase.Save(100, like: 2))))!.SqlState, Is.EqualTo(PostgresErrorCodes.SerializationFailure));

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.rejected_rows"), Is.Zero);
    }

    private const string Results = "INSERT INTO collector_results (id, raw_answer) VALUES (1124, 'a'), (1125, 'b')";

    private static string Add(long result) =>
        $"INSERT INTO extracted_positions (collector_result_id, brand_id, customer_id, query_id, collector_type, processed_at) SELECT {result}, brand_id, customer_id, query_id, 'straggler', now() FROM extracted_positions WHERE id = 1";

    /// <summary>Both go on at once, and then commit what they have. True: the server has ended one of them, because each waited for the other.</summary>
    private static async Task<bool> DeadlockAsync(Session first, string firstSql, Session second, string secondSql)
    {
        var ends = await Task.WhenAll(EndAsync(first, firstSql), EndAsync(second, secondSql));
        return Array.Exists(ends, end => string.Equals(end, PostgresErrorCodes.DeadlockDetected, StringComparison.Ordinal));

        static async Task<string?> EndAsync(Session session, string sql)
        {
            try
            {
                await session.ExecuteAsync(sql);
                return null;
            }
            catch (PostgresException problem)
            {
                return problem.SqlState;
            }
            finally
            {
                await session.ExecuteAsync("COMMIT");
            }
        }
    }
}
