using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.Hosting;
using Evidently.Schema.Hosting;

namespace Evidently.Schema.DatabaseTests.Retire;

/// <summary>The swap waits for others, nobody waits for it, and it may be killed between any two steps.</summary>
[Category("Versions")]
[Parallelizable(ParallelScope.All)]
public sealed class SwapTests
{
    [TestCase("SELECT count(*) FROM extracted_positions")]
    [TestCase("UPDATE extracted_positions SET topic = 'open' WHERE id = 1")]
    public async Task A_transaction_that_holds_the_table_delays_the_swap_and_never_the_application(string held)
    {
        await using var database = await RetireDatabase.ReadyAsync();
        await using var holder = await database.OpenAsync($"BEGIN; {held}");
        await using var writer = await database.OpenAsync("SET lock_timeout = '5s'");

        var archiving = Task.Run(() => database.MigrateAsync(Phase.Retire));
        await Eventually.Holds(
            async () => archiving.IsCompleted || await database.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%CALL evidently_schema.step%' AND wait_event IN ('relation', 'PgSleep') AND pid <> pg_backend_pid())"), "the swap is tried");
        for (var tries = 0; tries < 5; tries++)
        {
            await writer.ExecuteAsync("UPDATE extracted_positions SET total_word_count = total_word_count WHERE id = 2");
            await writer.ExecuteAsync("SELECT count(*) FROM extracted_positions");
        }

        Assert.That(archiving.IsCompleted, Is.False, "it should still wait");
        await holder.ExecuteAsync("COMMIT");
        await archiving;
        await database.AssertVerifiedAsync();
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions WHERE topic = 'open'"), Is.EqualTo(held.StartsWith("UPDATE", StringComparison.Ordinal) ? 1 : 0));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task It_gives_up_naming_who_blocks_it_and_has_changed_nothing(bool up)
    {
        await using var database = up ? await RetireDatabase.ReadyAsync() : await RetireDatabase.ArchivedAsync();
        if (!up)
        {
            await Steps.DownAsync(database.ConnectionString, 501, "archive"); // the indexes first: they are built CONCURRENTLY, which waits for any transaction, and makes none wait
        }

        var before = await Dump.WithoutOursAsync(database);
        await using var holder = await database.OpenAsync("SET application_name = 'the blocker'; BEGIN; SELECT count(*) FROM extracted_positions");

        var refusal = await RefusalTests.RefusedAsync(
            () => up ? database.MigrateAsync(Phase.Retire, "-c evidently_schema.lock_patience=1s") : database.RollbackAsync(Phase.Reads, "-c evidently_schema.lock_patience=1s"), SchemaError.LockTimeout);

        Assert.That(refusal.Message, Does.Contain("backend " + holder.Pid));
        if (up)
        {
            Assert.That(await Dump.WithoutOursAsync(database), Is.EqualTo(before));
        }

        await holder.ExecuteAsync("COMMIT");
        await (up ? database.MigrateAsync(Phase.Retire) : database.RollbackAsync(Phase.Reads));
        await database.AssertVerifiedAsync();
    }

    [TestCase(501)]
    [TestCase(502)]
    public async Task Stopped_after_a_step_it_goes_on_or_back(long after)
    {
        await using var database = await RetireDatabase.ReadyAsync();
        var ready = await Dump.AllAsync(database);
        await Steps.TaggedUpAsync(database.ConnectionString, after, "archive");

        await database.RollbackAsync(Phase.Reads);
        Assert.That(await Dump.AllAsync(database), Is.EqualTo(ready));

        await Steps.TaggedUpAsync(database.ConnectionString, after, "archive");
        await database.MigrateAsync(Phase.Retire);
        await database.AssertVerifiedAsync();
    }

    [Test]
    public async Task Killed_before_the_version_rows_were_written_it_is_a_no_op_over_its_own_finished_work()
    {
        await using var database = await RetireDatabase.ArchivedAsync();
        var archived = await Dump.AllAsync(database);

        await database.ExecuteAsync("DELETE FROM evidently_schema.version_info WHERE version > 500");
        await database.MigrateAsync(Phase.Retire);
        Assert.That(await Dump.AllAsync(database), Is.EqualTo(archived));

        await Steps.DownAsync(database.ConnectionString, 501, "archive");
        await database.ExecuteAsync(Steps.Sql("M501_BringBack.sql"));
        await database.ExecuteAsync(Steps.Sql("M501_ArchiveLegacy.down.sql"));
        await database.RollbackAsync(Phase.Reads); // killed after the swap back
        await database.AssertVerifiedAsync();
        Assert.That(await database.ScalarAsync<string>("SELECT relkind::text FROM pg_class WHERE oid = 'extracted_positions'::regclass"), Is.EqualTo("r"));
    }

    [Test]
    public async Task An_archive_that_never_came_to_the_swap_leaves_nothing_that_a_rollback_of_everything_would_meet()
    {
        await using var database = await RetireDatabase.ReadyAsync();
        await database.RunAsync("M501_Obstacles.sql", "M501_Check.sql", "M501_Tables.sql", "M501_Rebuild.sql", "M501_View.sql", "M501_Writers.sql");

        await database.ExecuteAsync("UPDATE evidently_schema.read_routes SET star_percent = 0");
        await database.RollbackAsync(Phase.None);

        Assert.That(await database.ListAsync("SELECT proname FROM pg_proc WHERE pronamespace = to_regnamespace('evidently_schema') UNION ALL SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace('evidently_schema') AND relkind = 'r' AND relname <> 'version_info'"), Is.Empty);
    }

    [Test]
    public async Task An_index_whose_build_was_killed_is_built_again_on_the_way_back()
    {
        await using var database = await RetireDatabase.ReadyAsync();
        var ready = await Dump.AllAsync(database);
        await database.MigrateAsync(Phase.Retire);
        await database.ExecuteAsync("CREATE INDEX idx_extracted_positions_brand_id ON extracted_positions_archived (customer_id)");
        await Sql.ExecuteAsync(database.AdminConnectionString, "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'idx_extracted_positions_brand_id'::regclass"); // as a killed build leaves it

        await database.RollbackAsync(Phase.Reads);

        Assert.That(await Dump.AllAsync(database), Is.EqualTo(ready));
    }
}
