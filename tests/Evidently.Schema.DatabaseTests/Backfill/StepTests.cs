namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>
/// A step that needs the star ACCESS EXCLUSIVE, beside who holds a table of it longer than a step may wait. A DELETE of a parent
/// cascades into that table and must not queue behind the step.
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class StepTests
{
    private const string Step = "CALL evidently_schema.step(ARRAY['metric_facts', 'brands'], 'SELECT 1', 'ACCESS EXCLUSIVE')";
    private const string DeleteParent = "DELETE FROM collector_results WHERE id = 2";

    /// <summary>What an autovacuum holds, and what it gives up only after deadlock_timeout.</summary>
    private const string Vacuum = "BEGIN; LOCK TABLE metric_facts IN SHARE UPDATE EXCLUSIVE MODE";

    private const string Cascade = "BEGIN; DELETE FROM collector_results WHERE id = 1";

    /// <summary>Guard: <see cref="Guard.GentleWait"/>. The step stands in the queue all the time, and nobody stands behind it.</summary>
    [Test]
    public async Task A_step_that_waits_for_a_vacuum_of_the_star_makes_no_DELETE_of_a_parent_wait([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await Guard.GentleWait.RemoveUnlessAsync(guarded, database);
        await using var vacuum = await database.OpenAsync(Vacuum);
        await using var step = await database.OpenAsync();
        await using var application = await database.OpenAsync();
        var stepping = await step.StartsWaitingAsync(database, Step);
        Assert.That(await WaitsForStarAsync(database, step), Is.EqualTo(guarded ? "ShareUpdateExclusiveLock" : "AccessExclusiveLock"));

        if (guarded)
        {
            await application.ExecuteAsync(DeleteParent);
            Assert.That(stepping.IsCompleted, Is.False, "the vacuum is still open");
        }
        else
        {
            var deleting = await application.StartsWaitingAsync(database, DeleteParent);
            Assert.That(await BlockersAsync(database, application), Is.EqualTo(new[] { step.Pid }), "the test does not see the guard missing");
            await vacuum.ExecuteAsync("COMMIT");
            await deleting;
        }

        await vacuum.ExecuteAsync("COMMIT");
        await stepping;
    }

    /// <summary>
    /// Guard: <see cref="Guard.GentleWait"/>. Beside an open cascade the step has the star's gentle lock at once, and only its budget's
    /// milliseconds ask for more: seen in the locks it is granted while it cannot go on.
    /// </summary>
    [Test]
    public async Task A_step_beside_an_open_cascade_has_the_star_in_a_gentle_mode_before_it_asks_for_more([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await Guard.GentleWait.RemoveUnlessAsync(guarded, database);
        await using var cascade = await database.OpenAsync(Cascade);
        await using var step = await database.OpenAsync();
        await using var application = await database.OpenAsync("SET lock_timeout = '2s'");
        var stepping = await step.StartsWaitingAsync(database, Step);

        if (guarded)
        {
            await Eventually.Holds(async () => (await ModesAsync(database, step)) is "AccessExclusiveLock false; ShareUpdateExclusiveLock true", "both locks are seen");
            await application.ExecuteAsync(DeleteParent); // its wait is cut off by the step's budget
            Assert.That(stepping.IsCompleted, Is.False, "the cascade is still open");
        }
        else
        {
            Assert.That(await ModesAsync(database, step), Is.EqualTo("AccessExclusiveLock false"), "the test does not see the guard missing");
            var deleting = await application.StartsWaitingAsync(database, DeleteParent);
            Assert.That(await BlockersAsync(database, application), Is.EqualTo(new[] { step.Pid }));
            Assert.That((await Assert.ThrowsAsync<Npgsql.PostgresException>(() => deleting))!.SqlState, Is.EqualTo(Npgsql.PostgresErrorCodes.LockNotAvailable));
        }

        await cascade.ExecuteAsync("COMMIT");
        await stepping;
    }

    private static Task<string?> WaitsForStarAsync(StarDatabase database, Session session) => database.ScalarAsync<string>(
        $"SELECT max(mode) FROM pg_locks WHERE pid = {session.Pid} AND NOT granted AND relation = 'public.metric_facts'::regclass");

    private static Task<string?> ModesAsync(StarDatabase database, Session session) => database.ScalarAsync<string>(
        $"SELECT string_agg(mode || ' ' || granted, '; ' ORDER BY mode) FROM pg_locks WHERE pid = {session.Pid} AND relation = 'public.metric_facts'::regclass");

    private static Task<int[]?> BlockersAsync(StarDatabase database, Session session) => database.ScalarAsync<int[]>($"SELECT pg_blocking_pids({session.Pid})");
}
