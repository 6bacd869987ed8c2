namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>Rejected rows that change their result while a projector with an older snapshot lists them: each row keeps its place.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class RejectionRaceTests
{
    private const string Listed = "evidently_schema.rejected_rows";
    private const string Loosen = "UPDATE extracted_positions SET collector_result_id = NULL WHERE collector_result_id = 2";
    private const string Rejoin = "UPDATE extracted_positions SET collector_result_id = 100 WHERE collector_result_id IS NULL";

    /// <summary>
    /// Guard: <see cref="Guard.NoteMovedRow"/>. The batch, whose snapshot knows the row under its old result, takes the listing away from
    /// the new one, and the drain of the old result deletes it.
    /// </summary>
    [Test]
    public async Task A_rejected_row_that_moves_to_another_result_during_a_batch_stays_rejected([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy);
        await database.ExecuteAsync("UPDATE extracted_positions SET competitor_name = 'Nobody' WHERE collector_result_id = 1 AND competitor_name IS NOT NULL");
        await database.ExecuteAsync("INSERT INTO collector_results (id) VALUES (300); DELETE FROM evidently_schema.change_notes");
        await Guard.NoteMovedRow.RemoveUnlessAsync(guarded, database);
        await using var gate = await Gate.CloseAsync(database, Listed);
        await using var worker = await gate.WorkerAsync();
        var batch = await worker.StartsWaitingAsync(database, "CALL evidently_schema.backfill()");

        await database.ExecuteAsync("UPDATE extracted_positions SET collector_result_id = 300 WHERE competitor_name = 'Nobody'");
        await database.ExecuteAsync("SELECT evidently_schema.drain_batch()");
        Assert.That(
            await database.ListAsync("SELECT DISTINCT collector_result_id || ' ' || reason FROM evidently_schema.rejected_rows"),
            Is.EqualTo(new[] { "300 no_brand_row" }), "the new result is drained, the old one's stripe is busy");
        await gate.OpenAsync();
        await batch;

        await database.AssertDrainedAsync(guarded);
    }

    /// <summary>Guard: <see cref="Guard.DrainMoved"/>. The drain itself moves the row, and notes the result it takes it from.</summary>
    [Test]
    public async Task A_drain_that_moves_a_rejected_row_leaves_no_note_of_it([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await database.ExecuteAsync("INSERT INTO collector_results (id) VALUES (300)");
        await database.ExecuteAsync("UPDATE extracted_positions SET competitor_name = 'Nobody' WHERE collector_result_id = 1 AND competitor_name IS NOT NULL; CALL evidently_schema.drain(30)");
        await Guard.DrainMoved.RemoveUnlessAsync(guarded, database);

        await database.ExecuteAsync("UPDATE extracted_positions SET collector_result_id = 300 WHERE competitor_name = 'Nobody'; CALL evidently_schema.drain(30)");

        Assert.That(
            await database.ListAsync("SELECT DISTINCT collector_result_id::text FROM evidently_schema.change_notes"),
            guarded ? Is.Empty : Is.EqualTo(new[] { "1" }), guarded ? "notes left" : "the test does not see the guard missing");
        await database.AssertDrainedAsync(guarded: true);
    }

    /// <summary>Guard: <see cref="Guard.LooseRows"/>. The listing at the end of the copy, which knows the rows without a result, comes
    /// after the drain that has found them with one.</summary>
    [Test]
    public async Task Rows_given_a_result_while_rows_without_one_are_listed_are_not_left_in_the_list([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy);
        await database.ExecuteAsync("CALL evidently_schema.backfill()");
        await database.ExecuteAsync("INSERT INTO collector_results (id) VALUES (100)");
        await database.ExecuteAsync(Loosen);
        await Guard.LooseRows.RemoveUnlessAsync(guarded, database);
        await using var gate = await Gate.CloseAsync(database, Listed);
        await using var worker = await gate.WorkerAsync();
        var listing = await worker.StartsWaitingAsync(database, "CALL evidently_schema.backfill()");

        await database.ExecuteAsync(Rejoin);
        await database.ExecuteAsync("SELECT evidently_schema.drain_batch()");
        Assert.That(await database.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM evidently_schema.change_notes WHERE kind = 'row')"), Is.EqualTo(guarded));
        await gate.OpenAsync();
        await listing;

        await database.AssertDrainedAsync(guarded);
    }

    /// <summary>Guard: <see cref="Guard.LooseRows"/>. As above, with repair, which lists them when it finds something wrong.</summary>
    [Test]
    public async Task Rows_given_a_result_while_repair_lists_those_without_one_are_not_left_in_the_list([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await database.ExecuteAsync("INSERT INTO collector_results (id) VALUES (100)");
        await database.ExecuteAsync(Loosen);
        await database.ExecuteAsync("DELETE FROM evidently_schema.change_notes WHERE kind = 'row'"); // as if nobody had noted it: repair finds it
        await database.ExecuteAsync("CALL evidently_schema.drain(30)");
        await Guard.LooseRows.RemoveUnlessAsync(guarded, database);
        await using var gate = await Gate.CloseAsync(database, Listed);
        await using var worker = await gate.WorkerAsync();
        var repairing = await worker.StartsWaitingAsync(database, "SELECT evidently_schema.repair()");

        await database.ExecuteAsync(Rejoin);
        await database.ExecuteAsync("SELECT evidently_schema.drain_batch()");
        await gate.OpenAsync();
        await repairing;

        await database.AssertDrainedAsync(guarded);
    }
}
