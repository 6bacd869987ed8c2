using Evidently.Schema.DatabaseTests.Backfill;
using Guard = Evidently.Schema.DatabaseTests.Backfill.Guard;

namespace Evidently.Schema.DatabaseTests.DualWrite;

/// <summary>
/// Writers in sync beside each other, and beside a batch or a drain of the same result that stands in its middle. Each test runs twice:
/// with its guard, and with the guard taken out, when the oracle must see the loss.
/// </summary>
[Parallelizable(ParallelScope.All)]
public sealed class WriterRaceTests
{
    private const string Update = "UPDATE extracted_positions SET visibility_index = 0.77, collector_type = 'changed' WHERE collector_result_id = 1";
    private const string Delete = "DELETE FROM extracted_positions WHERE collector_result_id = 1";
    private const string DeleteCompetitors = "DELETE FROM extracted_positions WHERE collector_result_id = 1 AND competitor_name IS NOT NULL";
    private const string ToAnother = "UPDATE extracted_positions SET collector_result_id = 100 WHERE collector_result_id = 1";
    private const string ToNull = "UPDATE extracted_positions SET collector_result_id = NULL WHERE collector_result_id = 1";

    public enum Rule
    {
        None,
        Stripes,
        BusyNote,
    }

    /// <summary>Guards: <see cref="Guard.Stripes"/>, without which neither sees the other's rows; and <see cref="Guard.SyncBusyNote"/>, without
    /// which the second knows and forgets it.</summary>
    [Test]
    public async Task Two_sessions_write_the_brand_row_and_the_competitor_rows_of_one_result(
        [Values] bool brandFirst, [Values] bool firstEndsFirst, [Values] Rule without)
    {
        await using var database = await SyncDatabase.CreateAsync();
        await WithoutAsync(without, database);
        await using var first = await database.OpenAsync("BEGIN");
        await using var second = await database.OpenAsync("BEGIN");

        await first.ExecuteAsync(brandFirst ? SyncDatabase.BrandRow : SyncDatabase.CompetitorRows);
        await second.ExecuteAsync(brandFirst ? SyncDatabase.CompetitorRows : SyncDatabase.BrandRow);
        await (firstEndsFirst ? first : second).ExecuteAsync("COMMIT");
        await (firstEndsFirst ? second : first).ExecuteAsync("COMMIT");

        await database.AssertDrainedAsync(guarded: without == Rule.None);
    }

    /// <summary>Competitor rows first, then the brand row, one after the other: no note is needed.</summary>
    [Test]
    public async Task Competitor_rows_that_come_before_their_brand_row_are_in_the_star_once_it_is_there()
    {
        await using var database = await SyncDatabase.CreateAsync();

        await database.ExecuteAsync(SyncDatabase.CompetitorRows);
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.rejected_rows WHERE reason = 'no_brand_row'"), Is.EqualTo(2));
        await database.AssertInStepAsync();
        await database.ExecuteAsync(SyncDatabase.BrandRow);

        await database.AssertInStepAsync();
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM competitor_metrics AS c JOIN metric_facts AS f ON f.id = c.metric_fact_id WHERE collector_result_id = 100"), Is.EqualTo(2));
    }

    /// <summary>Guard: <see cref="Guard.Stripes"/>: the drain's older snapshot would overwrite what the writer has projected. Guard:
    /// <see cref="Guard.SyncBusyNote"/>: the drain has read the result before the change.</summary>
    [Test]
    public async Task A_change_while_a_drain_of_its_result_stands_in_its_middle_is_not_lost(
        [Values(Update, Delete, DeleteCompetitors, ToAnother, ToNull)] string change, [Values] Rule without)
    {
        await using var database = await SyncDatabase.CreateAsync("capture");
        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.22, visibility_index_competitor = 0.23 WHERE collector_result_id = 1");
        await SyncDatabase.SetModeAsync(database, "sync");
        await WithoutAsync(without, database);
        await using var gate = await Gate.CloseAsync(database);
        await using var worker = await gate.WorkerAsync();
        var draining = await worker.StartsWaitingAsync(database, "SELECT evidently_schema.drain_batch()");

        await database.ExecuteAsync(change);
        await gate.OpenAsync();
        await draining;

        // a fact that is gone is refused by the foreign keys of its children, and the drain notes the result again
        await database.AssertDrainedAsync(guarded: without == Rule.None || (without == Rule.Stripes && change is not (Update or DeleteCompetitors)));
    }

    /// <summary>Guards as above. The batch inserts what is missing; a writer's DELETE is not undone by it.</summary>
    [Test]
    public async Task A_change_while_a_batch_stands_in_the_middle_of_its_result_is_not_lost_and_no_deleted_row_comes_back(
        [Values(Update, Delete, DeleteCompetitors, ToAnother, ToNull)] string change, [Values] Rule without)
    {
        await using var database = await SyncDatabase.CreateAsync();
        await SyncDatabase.ForgetCopyAsync(database, "collector_result_id < 100");
        await WithoutAsync(without, database);
        await using var gate = await Gate.CloseAsync(database);
        await using var worker = await gate.WorkerAsync();
        var batch = await worker.StartsWaitingAsync(database, "CALL evidently_schema.backfill()");

        await database.ExecuteAsync(change);
        await gate.OpenAsync();
        await batch;

        // without stripes the batch's INSERT meets the writer's fact and the batch reads the result anew
        await database.AssertDrainedAsync(guarded: without == Rule.None || (without == Rule.Stripes && change is Update or DeleteCompetitors));
    }

    /// <summary>Guard: <see cref="Guard.SyncBusyNote"/>. The first writer's fact is there, the batch has passed the result, and the second's
    /// rows are copied by nobody.</summary>
    [Test]
    public async Task The_children_of_a_fact_that_a_writer_creates_during_the_copy_are_not_forgotten([Values] bool guarded)
    {
        await using var database = await SyncDatabase.CreateAsync();
        await database.ExecuteAsync(SyncDatabase.CompetitorRows);
        await database.ExecuteAsync("DELETE FROM extracted_positions WHERE collector_result_id = 100 AND competitor_name LIKE '%1'");
        await SyncDatabase.ForgetCopyAsync(database, "true");
        await Guard.SyncBusyNote.RemoveUnlessAsync(guarded, database);
        await using var writer = await database.OpenAsync("BEGIN");
        await writer.ExecuteAsync(SyncDatabase.BrandRow);

        await database.ExecuteAsync("CALL evidently_schema.backfill()");
        await database.ExecuteAsync(SyncDatabase.CompetitorRows);
        if (!guarded)
        {
            await database.ExecuteAsync("DELETE FROM evidently_schema.change_notes"); // the batch's own note covers the result, too
        }

        await writer.ExecuteAsync("COMMIT");

        await database.AssertDrainedAsync(guarded);
    }

    /// <summary>Guard: <see cref="Guard.CaptureOldResult"/>.</summary>
    [Test]
    public async Task A_row_that_changes_its_result_leaves_nothing_behind([Values(ToAnother, ToNull)] string change, [Values] bool guarded)
    {
        await using var database = await SyncDatabase.CreateAsync();
        await Guard.CaptureOldResult.RemoveUnlessAsync(guarded, database);

        await database.ExecuteAsync(change);

        await database.AssertDrainedAsync(guarded);
    }

    /// <summary>Guard: <see cref="Guard.Capture"/>. TRUNCATE and a result written after it in the same transaction.</summary>
    [Test]
    public async Task A_truncate_of_legacy_empties_the_star_and_what_is_written_after_it_stays([Values] bool guarded)
    {
        await using var database = await SyncDatabase.CreateAsync();
        await Guard.Capture.RemoveUnlessAsync(guarded, database);

        await database.ExecuteAsync(
            "BEGIN; CREATE TEMP TABLE kept ON COMMIT DROP AS SELECT * FROM extracted_positions WHERE collector_result_id IN (1, 2); TRUNCATE extracted_positions;"
            + " INSERT INTO extracted_positions SELECT * FROM kept WHERE collector_result_id = 1; COMMIT");

        await database.AssertDrainedAsync(guarded);
        Assert.That(guarded ? await database.ScalarAsync<long>("SELECT count(*) FROM metric_facts") : 1, Is.EqualTo(1));
    }

    private static async Task WithoutAsync(Rule rule, StarDatabase database)
    {
        if (rule != Rule.None)
        {
            await (rule == Rule.Stripes ? Guard.Stripes : Guard.SyncBusyNote).RemoveAsync(database);
        }
    }
}
