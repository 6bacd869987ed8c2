using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>Workers of the backfill beside each other, and beside whoever else projects.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class WorkerTests
{
    /// <summary>Results in all four lanes, which change every 256 ids.</summary>
    private static readonly LegacyFill AllLanes = StarDatabase.Few with { Results = 2100, CompetitorsPerBrand = 1 };

    [Test]
    public async Task A_second_worker_copies_the_other_lanes_while_the_first_stands_still()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy, fill: AllLanes);
        await using var gate = await Gate.CloseAsync(database);
        await using var first = await gate.WorkerAsync();
        var held = await first.StartsWaitingAsync(database, "CALL evidently_schema.backfill()");
        await using var second = await database.OpenAsync();

        var other = second.ExecuteAsync("CALL evidently_schema.backfill()");
        await Eventually.Holds(
            async () => await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.backfill_lanes WHERE finished") == 3, "three lanes are copied");
        Assert.That((held.IsCompleted, other.IsCompleted), Is.EqualTo((false, false)), "one stands, one waits for its lane");
        await gate.OpenAsync();
        await Task.WhenAll(held, other);

        Assert.That(await database.ScalarAsync<long>("SELECT done FROM evidently_schema.backfill_progress"), Is.EqualTo(AllLanes.Results));
        await database.AssertDrainedAsync(guarded: true);
    }

    [Test]
    public async Task Four_workers_at_once_copy_each_result_once()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy, fill: AllLanes);
        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = '20' WHERE name = 'backfill_batch_size'");

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => database.ExecuteAsync("CALL evidently_schema.backfill()")));

        Assert.That(await database.ScalarAsync<long>("SELECT done FROM evidently_schema.backfill_progress"), Is.EqualTo(AllLanes.Results));
        Assert.That(await database.ScalarAsync<string>("SELECT state FROM evidently_schema.backfill_progress"), Is.EqualTo("copied"));
        await database.AssertDrainedAsync(guarded: true);
    }

    /// <summary>Guard: <see cref="Guard.BusyNote"/>.</summary>
    [Test]
    public async Task A_result_whose_stripe_is_busy_is_noted_and_drained_later([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy);
        if (!guarded)
        {
            await Guard.BusyNote.RemoveAsync(database);
        }

        await using var holder = await database.OpenAsync("BEGIN; SELECT pg_try_advisory_xact_lock(1702259053, 5)");

        await database.ExecuteAsync("CALL evidently_schema.backfill()");

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM metric_facts"), Is.EqualTo(15), "all but the busy one");
        Assert.That(await database.ListAsync("SELECT collector_result_id FROM evidently_schema.change_notes"), guarded ? Is.EqualTo(new[] { "5" }) : Is.Empty);
        await holder.ExecuteAsync("COMMIT");
        await database.AssertDrainedAsync(guarded);
    }

    [Test]
    public async Task A_drain_leaves_a_busy_result_and_its_note_and_does_not_wait()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.66 WHERE collector_result_id IN (5, 6)");
        await using var holder = await database.OpenAsync("BEGIN; SELECT pg_try_advisory_xact_lock(1702259053, 5)");

        Assert.That(await database.ScalarAsync<long>("SELECT projected FROM evidently_schema.drain_batch()"), Is.EqualTo(1));

        Assert.That(await database.ListAsync("SELECT collector_result_id FROM evidently_schema.change_notes"), Is.EqualTo(new[] { "5" }));
        await holder.ExecuteAsync("COMMIT");
        await database.AssertDrainedAsync(guarded: true);
    }

    [Test]
    public async Task Results_whose_ids_are_negative_or_at_the_ends_of_bigint_are_copied()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy, new LegacyVariant { ForeignKeys = false });
        await database.ExecuteAsync(
            """
            UPDATE collector_results SET id = CASE id WHEN 1 THEN -1 WHEN 2 THEN -1024 WHEN 3 THEN 9223372036854775807 ELSE -9223372036854775807 END WHERE id < 5;
            UPDATE extracted_positions SET collector_result_id = CASE collector_result_id WHEN 1 THEN -1 WHEN 2 THEN -1024 WHEN 3 THEN 9223372036854775807
                ELSE -9223372036854775807 END WHERE collector_result_id < 5;
            DELETE FROM evidently_schema.change_notes;
            """);

        await database.ExecuteAsync("CALL evidently_schema.backfill()");

        await database.AssertDrainedAsync(guarded: true);
    }

    [Test]
    public async Task A_paused_backfill_stands_still_and_goes_on_when_told()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy);
        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = 'true' WHERE name = 'backfill_paused'");
        await database.ExecuteAsync("CALL evidently_schema.backfill(1)");

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM metric_facts"), Is.Zero);
        Assert.That(await database.ScalarAsync<string>("SELECT state FROM evidently_schema.backfill_progress"), Is.EqualTo("paused"));
        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = 'false' WHERE name = 'backfill_paused'");
        await database.ExecuteAsync("CALL evidently_schema.backfill()");

        await database.AssertDrainedAsync(guarded: true);
    }
}
