using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>The copy gives way to others, says why, and goes on.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ThrottleTests
{
    private const string Copy = "CALL evidently_schema.backfill()";
    private const string Throttle = "SELECT throttle FROM evidently_schema.backfill_progress";
    private const string Done = "SELECT done FROM evidently_schema.backfill_progress";

    private static readonly LegacyFill Some = StarDatabase.Few with { Results = 300 };

    /// <summary>Guard: the look at who waits.</summary>
    [Test]
    public async Task While_a_session_waits_for_a_lock_on_legacy_it_holds_then_goes_slowly_and_says_so([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy, fill: Some);
        if (!guarded)
        {
            await database.ExecuteAsync("CREATE OR REPLACE FUNCTION evidently_schema.throttle(p_held interval, p_result_seconds double precision, p_best_result_seconds double precision) RETURNS text LANGUAGE sql RETURN NULL::text");
        }

        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = '1' WHERE name = 'backfill_batch_size'");
        await using var holder = await database.OpenAsync("BEGIN; LOCK TABLE brands IN ROW EXCLUSIVE MODE");
        await using var waiter = await database.OpenAsync("BEGIN");
        var waiting = await waiter.StartsWaitingAsync(database, "LOCK TABLE brands IN SHARE MODE");
        await using var worker = await database.OpenAsync();

        var copying = worker.ExecuteAsync(Copy);

        if (!guarded)
        {
            await copying;
            await holder.ExecuteAsync("COMMIT");
            await waiting;
            return;
        }

        await Eventually.Holds(async () => await database.ScalarAsync<string>(Throttle) is "hold: 1 sessions wait for locks on our tables", "it holds and says why");
        Assert.That(await database.ScalarAsync<long>(Done), Is.Zero);
        await Eventually.Holds(async () => await database.ScalarAsync<string>(Throttle) is "slow: 1 sessions wait for locks on our tables", "who waits that long does not wait for us");
        await Eventually.Holds(async () => await database.ScalarAsync<long>(Done) > 0, "it goes on");
        Assert.That(waiting.IsCompleted, Is.False);
        await holder.ExecuteAsync("COMMIT");
        await waiting;
        await waiter.ExecuteAsync("COMMIT");
        await copying;
        Assert.That(await database.ScalarAsync<string>(Throttle), Is.Null);
        await database.AssertDrainedAsync(guarded: true);
    }

    [Test]
    public async Task A_long_transaction_and_a_vacuum_of_legacy_make_it_slow()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy, fill: Some);
        await using var other = await database.OpenAsync("BEGIN; SELECT 1");
        await using var worker = await database.OpenAsync("SET evidently_schema.long_transaction = '0'");

        Assert.That(await worker.ScalarAsync<string>("SELECT evidently_schema.throttle('0', NULL, NULL)"), Does.StartWith("slow: a transaction is open for"));
        await other.ExecuteAsync("COMMIT");

        // The lock of a vacuum; a vacuum of so few rows is over before it is seen.
        await other.ExecuteAsync("BEGIN; LOCK TABLE extracted_positions IN SHARE UPDATE EXCLUSIVE MODE");
        Assert.That(await database.ScalarAsync<string>("SELECT evidently_schema.throttle('0', NULL, NULL)"), Is.EqualTo("slow: public.extracted_positions is vacuumed or analyzed"));
        await other.ExecuteAsync("COMMIT");
        Assert.That(await database.ScalarAsync<string>("SELECT evidently_schema.throttle('0', 0.05, 0.01)"), Is.EqualTo("slow: a result takes 5 times as long as at best"));
        Assert.That(await database.ScalarAsync<string>("SELECT evidently_schema.throttle('0', 0.02, 0.01)"), Is.Null);
    }

    [Test]
    public async Task A_pause_that_is_shortened_ends_at_once()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy, fill: Some);
        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = '60000' WHERE name = 'backfill_pause_ms'; UPDATE evidently_schema.settings SET value = '1' WHERE name = 'backfill_batch_size'");
        await using var worker = await database.OpenAsync();
        var copying = worker.ExecuteAsync(Copy);
        await Eventually.Holds(async () => await database.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep')"), "it pauses");

        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = '0' WHERE name = 'backfill_pause_ms'; UPDATE evidently_schema.settings SET value = '1000' WHERE name = 'backfill_batch_size'");
        await Eventually.Holds(() => Task.FromResult(copying.IsCompleted), "it has ended");

        await database.AssertDrainedAsync(guarded: true);
    }

    [Test]
    public async Task Batches_shrink_while_they_take_long_and_grow_again_up_to_the_setting()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy, fill: StarDatabase.Few with { Results = 250 }); // of one lane
        await database.ExecuteAsync(
            """
            UPDATE evidently_schema.settings SET value = '60' WHERE name = 'backfill_batch_size';
            CREATE TABLE batches (id serial, results bigint);
            CREATE FUNCTION log_batch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.batches (results) VALUES (NEW.batch_results); RETURN NULL; END';
            CREATE TRIGGER log_batch AFTER UPDATE OF batch_results ON evidently_schema.backfill_lanes FOR EACH ROW EXECUTE FUNCTION log_batch();
            CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF (SELECT count(*) FROM public.batches) < 3 THEN PERFORM pg_sleep(0.006); END IF; RETURN NEW; END';
            CREATE TRIGGER slow BEFORE INSERT ON metric_facts FOR EACH ROW EXECUTE FUNCTION slow();
            """);

        await database.ExecuteAsync(Copy);

        var batches = (await database.ListAsync("SELECT results FROM batches ORDER BY id")).ConvertAll(int.Parse);
        var text = string.Join(", ", batches);
        var least = batches.IndexOf(batches.Take(4).Min());
        Assert.That(batches[0], Is.EqualTo(60), text);
        Assert.That(batches[least], Is.InRange(1, 30), text);
        Assert.That(batches.Skip(least + 1).Max(), Is.GreaterThan(batches[least]), text);
        Assert.That(batches.Max(), Is.EqualTo(60), text);
    }
}
