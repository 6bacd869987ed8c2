using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Hosting;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.DualWrite;

/// <summary>Phase 3 goes up, down and up again; down loses nothing; what is refused has changed nothing.</summary>
[Parallelizable(ParallelScope.All)]
[Category("Versions")]
public sealed class PhaseThreeTests
{
    private const string Sync = "UPDATE evidently_schema.settings SET value = '{0}' WHERE name = 'dual_write'";
    private const string Settings = "SELECT name || ' ' || value FROM evidently_schema.settings UNION ALL SELECT kind || ' ' || subject FROM evidently_schema.events ORDER BY 1";

    [Test]
    public async Task From_phase_3_back_to_2_and_up_again_gives_the_same_schemas_and_loses_nothing()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        var backfill = await Dump.AllAsync(database);
        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.3 WHERE collector_result_id = 1");
        await database.MigrateAsync(Phase.DualWrite);
        var dualWrite = await Dump.AllAsync(database);
        await database.AssertInStepAsync();
        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.4 WHERE collector_result_id = 1");
        await database.AssertInStepAsync();

        await database.RollbackAsync(Phase.Backfill);

        Assert.That(await Dump.AllAsync(database), Is.EqualTo(backfill));
        Assert.That(await database.ScalarAsync<string>("SELECT value FROM evidently_schema.settings WHERE name = 'dual_write'"), Is.EqualTo("capture"));
        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.5 WHERE collector_result_id = 1; DELETE FROM extracted_positions WHERE collector_result_id = 2");
        Assert.That(await SyncDatabase.NotesAsync(database), Is.EqualTo(2));
        await database.MigrateAsync(Phase.DualWrite);
        Assert.That(await Dump.AllAsync(database), Is.EqualTo(dualWrite));
        await database.AssertInStepAsync();
    }

    [Test]
    public async Task Each_step_goes_down_and_up_alone_and_what_is_written_between_is_in_the_star()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        var synced = await Dump.AllAsync(database);
        foreach (var version in new long[] { 302, 301, Steps.Finished })
        {
            await Steps.DownAsync(database.ConnectionString, version);
            await database.ExecuteAsync($"UPDATE extracted_positions SET visibility_index = {version} / 1000.0 WHERE collector_result_id < 4");
            await Steps.UpAsync(database.ConnectionString, Steps.Synced);
            Assert.That(await Dump.AllAsync(database), Is.EqualTo(synced), $"after down to {version}");
            await database.AssertInStepAsync();
        }
    }

    [Test]
    public async Task A_mode_chosen_by_hand_outlives_a_second_migration([Values("strict", "sync")] string mode)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        await SyncDatabase.SetModeAsync(database, mode);
        await database.ExecuteAsync("DELETE FROM evidently_schema.version_info WHERE version = 303"); // a runner killed before it could say so

        await database.MigrateAsync(Phase.DualWrite);

        Assert.That(await database.ScalarAsync<string>("SELECT value FROM evidently_schema.settings WHERE name = 'dual_write'"), Is.EqualTo(mode));
    }

    [TestCase("sync", Steps.Created)]
    [TestCase("strict", Steps.Finished)]
    public async Task Sync_before_phase_3_is_refused(string mode, long version)
    {
        await using var database = await StarDatabase.CreateAsync(version);
        var before = await database.ListAsync(Settings);

        var refusal = await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync(Sync.Replace("{0}", mode, StringComparison.Ordinal)));

        Assert.That(refusal!.SqlState, Is.EqualTo("EV008"));
        Assert.That(refusal.MessageText, Does.Contain("before phase 3"));
        Assert.That(await database.ListAsync(Settings), Is.EqualTo(before));
    }

    [Test]
    public async Task The_switch_before_the_backfill_has_finished_is_refused()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await Steps.UpAsync(database.ConnectionString, 302);
        await database.ExecuteAsync("UPDATE evidently_schema.backfill_runs SET finished_at = NULL");
        var (dump, settings) = (await Dump.AllAsync(database), await database.ListAsync(Settings));

        var refusal = Steps.Refusal(await Assert.CatchAsync(() => Steps.UpAsync(database.ConnectionString, Steps.Synced)))!;

        Assert.That(refusal.SqlState, Is.EqualTo("EV007"), refusal.MessageText);
        Assert.That(await Dump.AllAsync(database), Is.EqualTo(dump));
        Assert.That(await database.ListAsync(Settings), Is.EqualTo(settings));
        await database.ExecuteAsync("CALL evidently_schema.finish_backfill()");
        await Steps.UpAsync(database.ConnectionString, Steps.Synced);
        await database.AssertInStepAsync();
    }

    /// <summary>The version list says that phase 3 is not there; the database says that it is. Without 303 alone it is what an interruption leaves, and is taken back: InterruptedTests.</summary>
    [TestCase("strict", 301, Steps.Finished - 1)]
    [TestCase("sync", 301, Steps.Created)]
    [TestCase("strict", 201, 0L)]
    public async Task A_rollback_of_what_sync_needs_is_refused(string mode, int forgotten, long version)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        await SyncDatabase.SetModeAsync(database, mode);
        await database.ExecuteAsync($"DELETE FROM evidently_schema.version_info WHERE version >= {forgotten}");
        var (dump, settings) = (await Dump.AllAsync(database), await database.ListAsync(Settings));

        var refusal = Steps.Refusal(await Assert.CatchAsync(() => Steps.DownAsync(database.ConnectionString, version)));

        Assert.That(refusal?.SqlState, Is.EqualTo("EV007"), refusal?.MessageText);
        Assert.That(await Dump.AllAsync(database), Is.EqualTo(dump));
        Assert.That(await database.ListAsync(Settings), Is.EqualTo(settings));
        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.3 WHERE collector_result_id = 1");
        await database.AssertInStepAsync();
    }
}
