namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>
/// Changes of a result while a batch or a drain of the same result stands in its middle. Each test runs twice: with its guard, and with
/// the guard taken out, when the oracle must see the loss (<see cref="Guard"/>).
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class ResultRaceTests
{
    private const string Update = "UPDATE extracted_positions SET visibility_index = 0.77, collector_type = 'changed' WHERE collector_result_id = 1";
    private const string Delete = "DELETE FROM extracted_positions WHERE collector_result_id = 1";
    private const string DeleteCompetitors = "DELETE FROM extracted_positions WHERE collector_result_id = 1 AND competitor_name IS NOT NULL";

    private const string Insert =
        "INSERT INTO extracted_positions (collector_result_id, brand_id, customer_id, query_id, collector_type, processed_at, visibility_index)"
        + " SELECT collector_result_id, brand_id, customer_id, query_id, 'newer', processed_at + interval '1 hour', 0.11"
        + " FROM extracted_positions WHERE collector_result_id = 1 AND competitor_name IS NULL";

    private const string ToAnother = "UPDATE extracted_positions SET collector_result_id = 100 WHERE collector_result_id = 1";
    private const string ToNull = "UPDATE extracted_positions SET collector_result_id = NULL WHERE collector_result_id = 1";
    private const string FromNull = "UPDATE extracted_positions SET collector_result_id = 100 WHERE collector_result_id IS NULL";

    private const string Rewrite =
        "BEGIN; CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM extracted_positions WHERE collector_result_id = 1;"
        + " DELETE FROM extracted_positions WHERE collector_result_id = 1;"
        + " INSERT INTO extracted_positions SELECT * FROM kept WHERE competitor_name IS NULL; COMMIT";

    /// <summary>Guard: <see cref="Guard.Capture"/>.</summary>
    [Test]
    public async Task A_change_of_a_result_during_its_own_batch_is_not_lost(
        [Values(Update, Delete, DeleteCompetitors, Insert, ToAnother, ToNull, FromNull, Rewrite)] string change, [Values] bool guarded)
    {
        await using var database = await WithSpareResultAsync(Steps.BeforeCopy);
        await RemoveUnlessAsync(guarded, Guard.Capture, database);
        await using var gate = await Gate.CloseAsync(database);
        await using var worker = await gate.WorkerAsync();
        var batch = await worker.StartsWaitingAsync(database, "CALL evidently_schema.backfill()");

        await database.ExecuteAsync(change);
        await gate.OpenAsync();
        await batch;

        await database.AssertDrainedAsync(guarded);
    }

    /// <summary>Guard: <see cref="Guard.Stripes"/>. The drain meets the batch's stripe and leaves the note. An update is held twice:
    /// without stripes the batch's INSERT meets the drain's fact, and the batch reads the result anew.</summary>
    [Test]
    public async Task A_late_batch_overwrites_and_resurrects_nothing_that_a_drain_has_made_right_meanwhile(
        [Values(Update, Delete, ToAnother, ToNull)] string change, [Values] bool guarded)
    {
        await using var database = await WithSpareResultAsync(Steps.BeforeCopy);
        await RemoveUnlessAsync(guarded, Guard.Stripes, database);
        await using var gate = await Gate.CloseAsync(database);
        await using var worker = await gate.WorkerAsync();
        var batch = await worker.StartsWaitingAsync(database, "CALL evidently_schema.backfill()");

        await database.ExecuteAsync(change);
        await database.ExecuteAsync("SELECT evidently_schema.drain_batch()");
        await gate.OpenAsync();
        await batch;

        await database.AssertDrainedAsync(guarded || change is Update);
    }

    /// <summary>Guard: <see cref="Guard.Capture"/>. Its note is uncommitted as long as the change is.</summary>
    [Test]
    public async Task A_batch_beside_an_open_writer_leaves_its_change_to_the_note(
        [Values(Update, Delete, Insert, ToNull)] string change, [Values] bool guarded)
    {
        await using var database = await WithSpareResultAsync(Steps.BeforeCopy);
        await RemoveUnlessAsync(guarded, Guard.Capture, database);
        await using var writer = await database.OpenAsync("BEGIN");
        await writer.ExecuteAsync(change);

        await database.ExecuteAsync("CALL evidently_schema.backfill()");
        await database.ExecuteAsync("SELECT evidently_schema.drain_batch()");
        await writer.ExecuteAsync("COMMIT");

        await database.AssertDrainedAsync(guarded);
    }

    [Test]
    public async Task A_batch_beside_a_writer_that_rolls_back_copies_what_was_there([Values(Update, Delete, Insert, ToNull)] string change)
    {
        await using var database = await WithSpareResultAsync(Steps.BeforeCopy);
        await using var writer = await database.OpenAsync("BEGIN");
        await writer.ExecuteAsync(change);

        await database.ExecuteAsync("CALL evidently_schema.backfill()");
        await writer.ExecuteAsync("ROLLBACK");

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.change_notes"), Is.Zero);
        await database.AssertDrainedAsync(guarded: true);
    }

    /// <summary>Guard: <see cref="Guard.Capture"/>.</summary>
    [Test]
    public async Task Of_a_writer_with_savepoints_what_it_kept_is_followed_and_what_it_took_back_is_not([Values] bool guarded)
    {
        await using var database = await WithSpareResultAsync(Steps.BeforeCopy);
        await RemoveUnlessAsync(guarded, Guard.Capture, database);
        await using var gate = await Gate.CloseAsync(database);
        await using var worker = await gate.WorkerAsync();
        var batch = await worker.StartsWaitingAsync(database, "CALL evidently_schema.backfill()");

        await database.ExecuteAsync(
            $"""
            BEGIN; SAVEPOINT a; {Update}; RELEASE a;
            SAVEPOINT b; DELETE FROM extracted_positions WHERE collector_result_id IN (1, 2); ROLLBACK TO b;
            SAVEPOINT c; {DeleteCompetitors.Replace("= 1", "= 3", StringComparison.Ordinal)}; SAVEPOINT d; {Delete}; ROLLBACK TO d; COMMIT;
            """);
        await gate.OpenAsync();
        await batch;

        await database.AssertDrainedAsync(guarded);
    }

    /// <summary>Guard: <see cref="Guard.ForgetFirst"/>: the drain would forget the second note, which it has not seen. (Of two drains the
    /// second also waits for the first's notes; the stripes matter between a drain and a batch.)</summary>
    [Test]
    public async Task A_change_while_an_earlier_note_of_its_result_is_being_drained_is_not_lost(
        [Values(Update, Delete, ToAnother)] string change, [Values] bool guarded)
    {
        await using var database = await WithSpareResultAsync(Steps.Finished);
        await RemoveUnlessAsync(guarded, Guard.ForgetFirst, database);
        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.22 WHERE collector_result_id = 1");
        await using var gate = await Gate.CloseAsync(database);
        await using var first = await gate.WorkerAsync();
        var draining = await first.StartsWaitingAsync(database, "SELECT evidently_schema.drain_batch()");

        await database.ExecuteAsync(change);
        if (guarded)
        {
            await database.ExecuteAsync("SELECT evidently_schema.drain_batch()"); // finds the stripe busy
        }

        await gate.OpenAsync();
        await draining;

        await database.AssertDrainedAsync(guarded);
    }

    /// <summary>Guard: <see cref="Guard.CaptureOldResult"/>.</summary>
    [Test]
    public async Task A_row_that_changes_its_result_leaves_nothing_behind([Values(ToAnother, ToNull, FromNull)] string change, [Values] bool guarded)
    {
        await using var database = await WithSpareResultAsync(Steps.BeforeCopy);
        await database.ExecuteAsync("CALL evidently_schema.backfill()");
        await database.DrainAsync();
        await database.AssertStarAsync();
        await RemoveUnlessAsync(guarded, Guard.CaptureOldResult, database);

        await database.ExecuteAsync(change);

        await database.AssertDrainedAsync(guarded);
    }

    /// <summary>Guard: <see cref="Guard.Capture"/>. TRUNCATE waits for the batch, and the next batch for the TRUNCATE.</summary>
    [Test]
    public async Task A_truncate_of_legacy_during_a_batch_empties_the_star([Values] bool guarded)
    {
        await using var database = await WithSpareResultAsync(Steps.BeforeCopy);
        await RemoveUnlessAsync(guarded, Guard.Capture, database);
        await using var gate = await Gate.CloseAsync(database);
        await using var worker = await gate.WorkerAsync();
        var batch = await worker.StartsWaitingAsync(database, "CALL evidently_schema.backfill()");
        await using var truncater = await database.OpenAsync();
        var truncating = await truncater.StartsWaitingAsync(database, "TRUNCATE extracted_positions");

        await gate.OpenAsync();
        await Task.WhenAll(batch, truncating);
        Assert.That(
            guarded && await database.ScalarAsync<bool>("SELECT bool_or(v.ok) FROM evidently_schema.verify() AS v"), Is.False, "a check is ok under a note of all");

        await database.AssertDrainedAsync(guarded);
        Assert.That(guarded ? await database.ScalarAsync<long>("SELECT count(*) FROM metric_facts") : 0, Is.Zero);
    }

    [Test]
    public async Task A_truncate_that_is_rolled_back_changes_nothing()
    {
        await using var database = await WithSpareResultAsync(Steps.BeforeCopy);
        await using var truncater = await database.OpenAsync("BEGIN; TRUNCATE extracted_positions");
        await using var worker = await database.OpenAsync();
        var copying = await worker.StartsWaitingAsync(database, "CALL evidently_schema.backfill()");

        await truncater.ExecuteAsync("ROLLBACK");
        await copying;

        await database.AssertDrainedAsync(guarded: true);
    }

    private static Task RemoveUnlessAsync(bool guarded, Guard guard, StarDatabase database) =>
        guarded ? Task.CompletedTask : guard.RemoveAsync(database);

    /// <summary>Results 1 to 16, the rows of 2 without their result id, and a collector result 100 that has no rows.</summary>
    private static async Task<StarDatabase> WithSpareResultAsync(long version)
    {
        var database = await StarDatabase.CreateAsync(version);
        await database.ExecuteAsync(
            """
            INSERT INTO collector_results (id) VALUES (100);
            UPDATE extracted_positions SET collector_result_id = NULL WHERE collector_result_id = 2;
            """);
        await database.ExecuteAsync("CALL evidently_schema.drain(30)");
        return database;
    }
}
