using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Hosting;
using Guard = Evidently.Schema.DatabaseTests.Backfill.Guard;

namespace Evidently.Schema.DatabaseTests.DualWrite;

/// <summary>Transactions of writers that stay open: across a change of the mode, and with parts that are taken back.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class OpenWriterTests
{
    private static readonly string[] Modes = ["off", "capture", "sync", "strict"];

    public static IEnumerable<object[]> Switches() =>
        from before in Modes
        from after in Modes
        from guarded in new[] { true, false }
        select new object[] { before, after, guarded };

    /// <summary>Guards: <see cref="SyncGuard.Note"/> where one of the two modes only notes; <see cref="Guard.Stripes"/> where both project.</summary>
    [TestCaseSource(nameof(Switches))]
    public async Task A_writer_open_across_a_switch_of_the_mode_loses_nothing_and_lets_the_other_lose_nothing(
        string before, string after, bool guarded)
    {
        await using var database = await SyncDatabase.CreateAsync(before);
        var projects = before is "sync" or "strict" && after is "sync" or "strict";
        var brandFirst = string.CompareOrdinal(before, after) < 0;
        await (projects ? Guard.Stripes : SyncGuard.Note).RemoveUnlessAsync(guarded, database);
        await using var writer = await database.OpenAsync("BEGIN");
        await writer.ExecuteAsync(brandFirst ? SyncDatabase.BrandRow : SyncDatabase.CompetitorRows);

        await SyncDatabase.SetModeAsync(database, after);
        await database.ExecuteAsync(brandFirst ? SyncDatabase.CompetitorRows : SyncDatabase.BrandRow);
        await database.ExecuteAsync("SELECT evidently_schema.drain_batch()");
        await writer.ExecuteAsync("COMMIT");

        await database.AssertDrainedAsync(guarded);
    }

    /// <summary>Guards as above: the writer's first statement is noted or projected in the one mode, its second in the other.</summary>
    [Test]
    public async Task A_writer_open_across_the_migration_to_sync_and_back_loses_nothing([Values] bool up, [Values] bool brandFirst, [Values] bool guarded)
    {
        await using var database = await SyncDatabase.CreateAsync();
        if (up)
        {
            await Steps.DownAsync(database.ConnectionString, 302);
        }

        await SyncGuard.Note.RemoveUnlessAsync(guarded, database);
        await using var writer = await database.OpenAsync("BEGIN");
        await writer.ExecuteAsync(brandFirst ? SyncDatabase.BrandRow : SyncDatabase.CompetitorRows);

        if (up)
        {
            await Steps.UpAsync(database.ConnectionString, 303);
        }
        else
        {
            await Steps.DownAsync(database.ConnectionString, 302);
        }

        await database.ExecuteAsync(brandFirst ? SyncDatabase.CompetitorRows : SyncDatabase.BrandRow);
        await writer.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.31 WHERE collector_result_id = 2; COMMIT");

        await database.AssertDrainedAsync(guarded);
    }

    /// <summary>All of phase 3 goes while a writer that has projected is open, and phase 2 with it once the writer has ended.</summary>
    [Test]
    public async Task A_writer_open_while_phase_3_is_rolled_back_loses_nothing()
    {
        await using var database = await SyncDatabase.CreateAsync();
        await using var writer = await database.OpenAsync("BEGIN");
        await writer.ExecuteAsync(SyncDatabase.BrandRow);

        await database.RollbackAsync(Phase.Backfill);
        await writer.ExecuteAsync(SyncDatabase.CompetitorRows);
        await writer.ExecuteAsync("COMMIT");

        await database.AssertDrainedAsync(guarded: true);
        await database.MigrateAsync(Phase.DualWrite);
        await database.AssertInStepAsync();
    }

    [Test]
    public async Task What_a_writer_rolls_back_was_never_in_the_star_nor_noted(
        [Values(SyncDatabase.BrandRow, "DELETE FROM extracted_positions WHERE collector_result_id = 1", "TRUNCATE extracted_positions",
            "UPDATE extracted_positions SET collector_result_id = 100 WHERE collector_result_id = 1")] string change)
    {
        await using var database = await SyncDatabase.CreateAsync();
        await using var writer = await database.OpenAsync("BEGIN");
        await writer.ExecuteAsync(change);

        await writer.ExecuteAsync("ROLLBACK");

        await database.AssertInStepAsync();
    }

    /// <summary>The stripe taken in a savepoint is free once it is taken back, and so is the star's part of it.</summary>
    [Test]
    public async Task The_star_s_part_of_a_savepoint_is_taken_back_with_it_and_its_stripe_is_free()
    {
        await using var database = await SyncDatabase.CreateAsync();
        await using var writer = await database.OpenAsync("BEGIN");
        await writer.ExecuteAsync("SAVEPOINT a; UPDATE extracted_positions SET visibility_index = 0.31 WHERE collector_result_id = 1; RELEASE a");
        await writer.ExecuteAsync("SAVEPOINT b; DELETE FROM extracted_positions WHERE collector_result_id IN (1, 2); ROLLBACK TO b");
        await writer.ExecuteAsync($"SAVEPOINT c; {SyncDatabase.BrandRow}; SAVEPOINT d; DELETE FROM extracted_positions WHERE collector_result_id = 100; ROLLBACK TO d; RELEASE c");

        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.32 WHERE collector_result_id = 2");
        Assert.That(await SyncDatabase.NotesAsync(database), Is.Zero, "the stripe of result 2 is still taken");
        await writer.ExecuteAsync("COMMIT");

        await database.AssertInStepAsync();
        Assert.That(
            await database.ListAsync("SELECT collector_result_id || ' ' || visibility_index FROM brand_metrics AS b JOIN metric_facts AS f ON f.id = b.metric_fact_id WHERE collector_result_id IN (1, 2) ORDER BY 1"),
            Is.EqualTo(new[] { "1 0.31", "2 0.32" }));
    }

    /// <summary>Guard: <see cref="Guard.SyncIsolation"/>: the snapshot of the transaction is older than the row committed meanwhile.</summary>
    [Test]
    public async Task A_writer_above_read_committed_is_only_noted(
        [Values("REPEATABLE READ", "SERIALIZABLE")] string isolation, [Values("sync", "strict")] string mode, [Values] bool guarded)
    {
        await using var database = await SyncDatabase.CreateAsync(mode);
        await Guard.SyncIsolation.RemoveUnlessAsync(guarded, database);
        await using var writer = await database.OpenAsync($"BEGIN ISOLATION LEVEL {isolation}");
        await writer.ExecuteAsync("SELECT count(*) FROM extracted_positions");
        await database.ExecuteAsync(SyncDatabase.CompetitorRows);
        await writer.ExecuteAsync($"{SyncDatabase.BrandRow}; COMMIT");

        Assert.That(await SyncDatabase.NotesAsync(database), Is.EqualTo(guarded ? 1 : 0));
        await database.AssertDrainedAsync(guarded);
    }
}
