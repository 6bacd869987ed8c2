using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Hosting;
using Npgsql;
using Guard = Evidently.Schema.DatabaseTests.Backfill.Guard;

namespace Evidently.Schema.DatabaseTests.DualWrite;

/// <summary>With a table of ours dropped, renamed or locked by hand the application writes as before, and nothing is lost once it is repaired.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class DamageTests
{
    private const string Write =
        "UPDATE extracted_positions SET visibility_index = 0.42, visibility_index_competitor = 0.43, topic = 'changed' WHERE collector_result_id = 1;"
        + " DELETE FROM extracted_positions WHERE collector_result_id = 2";

    public static IEnumerable<object[]> Damages() =>
        from table in new[] { "metric_facts", "brand_metrics", "competitor_metrics", "brand_sentiment", "competitor_sentiment" }
        from renamed in new[] { true, false }
        from guarded in table is "brand_metrics" ? [true, false] : new[] { true }
        select new object[] { table, renamed, guarded };

    /// <summary>Guard: <see cref="Guard.SyncFailureNote"/>.</summary>
    [TestCaseSource(nameof(Damages))]
    public async Task A_star_table_that_is_renamed_or_locked_fails_no_writer_and_is_repaired(string table, bool renamed, bool guarded)
    {
        await using var database = await SyncDatabase.CreateAsync();
        await Guard.SyncFailureNote.RemoveUnlessAsync(guarded, database);
        await using var holder = await database.OpenAsync(renamed ? $"ALTER TABLE {table} RENAME TO hidden" : $"BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        await using var writer = await database.OpenAsync("SET statement_timeout = '10s'; SET lock_timeout = '5s'");

        await writer.ExecuteAsync(Write);

        Assert.That(
            await database.ListAsync("SELECT DISTINCT last_error FROM evidently_schema.change_notes"), Is.EqualTo(guarded ? new[] { renamed ? "SQLSTATE 42P01" : "SQLSTATE 55P03" } : []));
        await holder.ExecuteAsync(renamed ? $"ALTER TABLE hidden RENAME TO {table}" : "COMMIT");
        await database.AssertDrainedAsync(guarded);
        await database.RepairAsync();
    }

    /// <summary>
    /// Guard: <see cref="SyncGuard.NoWait"/>, seen with the lock timeout behind it out of the way: without it the writer stands in the queue of the table.
    /// </summary>
    [Test]
    public async Task A_writer_does_not_queue_for_a_star_table_that_is_locked([Values] bool guarded)
    {
        await using var database = await SyncDatabase.CreateAsync();
        await SyncGuard.ShortWait.RemoveUnlessAsync(guarded: false, database);
        await SyncGuard.NoWait.RemoveUnlessAsync(guarded, database);
        await using var holder = await database.OpenAsync("BEGIN; LOCK TABLE brand_sentiment IN ACCESS EXCLUSIVE MODE");
        await using var writer = await database.OpenAsync();

        if (guarded)
        {
            await writer.ExecuteAsync(Write);
            Assert.That(await database.ListAsync("SELECT DISTINCT last_error FROM evidently_schema.change_notes"), Is.EqualTo(new[] { "SQLSTATE 55P03" }));
            await holder.ExecuteAsync("COMMIT");
        }
        else
        {
            var writing = await writer.StartsWaitingAsync(database, Write);
            await holder.ExecuteAsync("COMMIT");
            await writing;
        }

        await database.AssertDrainedAsync(guarded: true);
    }

    [Test]
    public async Task A_star_table_that_is_dropped_fails_no_writer_and_all_of_it_can_be_rolled_back_and_made_again(
        [Values("metric_facts", "brand_metrics", "competitor_sentiment")] string table)
    {
        await using var database = await SyncDatabase.CreateAsync();
        await database.ExecuteAsync($"DROP TABLE {table} CASCADE");

        await database.ExecuteAsync(Write);
        await database.ExecuteAsync("UPDATE generated_queries SET topic = 'another'; DELETE FROM collector_results WHERE id = 3");
        Assert.That(await SyncDatabase.NotesAsync(database), Is.GreaterThanOrEqualTo(2));

        await database.RollbackAsync(Phase.None);
        await database.MigrateAsync(Phase.DualWrite);
        await database.AssertInStepAsync();
        Assert.That(await database.ScalarAsync<decimal>("SELECT visibility_index FROM brand_metrics AS b JOIN metric_facts AS f ON f.id = b.metric_fact_id WHERE collector_result_id = 1"), Is.EqualTo(0.42m));
    }

    /// <summary>Guard: <see cref="SyncGuard.NoteTrouble"/>.</summary>
    [Test]
    public async Task Settings_that_cannot_be_read_fail_no_writer_and_the_change_is_noted([Values] bool renamed, [Values] bool guarded)
    {
        await using var database = await SyncDatabase.CreateAsync();
        await SyncGuard.NoteTrouble.RemoveUnlessAsync(guarded, database);
        await using var holder = await database.OpenAsync(
            renamed ? "ALTER TABLE evidently_schema.settings RENAME TO hidden" : "BEGIN; LOCK TABLE evidently_schema.settings IN ACCESS EXCLUSIVE MODE");

        await database.ExecuteAsync(Write);

        Assert.That(await SyncDatabase.NotesAsync(database), Is.EqualTo(guarded ? 2 : 0));
        await holder.ExecuteAsync(renamed ? "ALTER TABLE evidently_schema.hidden RENAME TO settings" : "COMMIT");
        await database.AssertDrainedAsync(guarded);
    }

    [Test]
    public async Task Notes_that_cannot_be_written_fail_no_writer_and_verification_shows_what_is_missing(
        [Values] bool renamed, [Values("capture", "strict")] string mode)
    {
        await using var database = await SyncDatabase.CreateAsync(mode);
        await using var holder = await database.OpenAsync(
            renamed ? "ALTER TABLE evidently_schema.change_notes RENAME TO hidden" : "BEGIN; LOCK TABLE evidently_schema.change_notes IN ACCESS EXCLUSIVE MODE");

        await database.ExecuteAsync(Write);
        await database.ExecuteAsync("UPDATE generated_queries SET topic = 'another'; DELETE FROM collector_results WHERE id = 3; TRUNCATE brand_competitors CASCADE");

        await holder.ExecuteAsync(renamed ? "ALTER TABLE evidently_schema.hidden RENAME TO change_notes" : "COMMIT");
        Assert.That(await SyncDatabase.NotesAsync(database), Is.Zero);
        Assert.That(await database.ScalarAsync<bool>("SELECT bool_and(v.ok) FROM evidently_schema.verify() AS v"), Is.False);
        await database.RepairAsync();
    }

    [Test]
    public async Task Our_tables_dropped_altogether_fail_no_writer([Values("change_notes", "settings", "rejected_rows", "note_horizons")] string table)
    {
        await using var database = await SyncDatabase.CreateAsync();
        await database.ExecuteAsync($"DROP TABLE evidently_schema.{table} CASCADE");

        await database.ExecuteAsync(Write);
        await database.ExecuteAsync("UPDATE generated_queries SET topic = 'another'; DELETE FROM collector_results WHERE id = 3; TRUNCATE brand_competitors CASCADE");
        await database.ExecuteAsync("TRUNCATE extracted_positions");

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions"), Is.Zero);
    }

    [Test]
    public async Task In_strict_an_error_fails_the_writer_and_sync_lets_it_pass()
    {
        await using var database = await SyncDatabase.CreateAsync("strict");
        await database.ExecuteAsync("ALTER TABLE brand_sentiment RENAME TO hidden");

        var refusal = await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.42 WHERE collector_result_id = 1"));

        Assert.Multiple(() =>
        {
            Assert.That(refusal!.SqlState, Is.EqualTo("EV009"));
            Assert.That(refusal.MessageText, Does.StartWith("Result 1 could not be written to the star (SQLSTATE 42P01)"));
        });
        Assert.That(await SyncDatabase.NotesAsync(database), Is.Zero);
        await database.ExecuteAsync(refusal!.Hint!.Split(';')[0]); // the hint is the recipe
        await database.ExecuteAsync(Write);
        await database.ExecuteAsync("ALTER TABLE hidden RENAME TO brand_sentiment");
        await database.RepairAsync();
    }

    /// <summary>Guards: <see cref="Guard.Stripes"/> is what makes the stripe busy.</summary>
    [Test]
    public async Task In_strict_what_passes_by_itself_does_not_fail_the_writer([Values("stripe", "table", "row")] string held)
    {
        await using var database = await SyncDatabase.CreateAsync("strict");
        await using var holder = await database.OpenAsync("BEGIN");
        await holder.ExecuteAsync(held switch
        {
            "stripe" => "SELECT evidently_schema.lock_stripes('{1,2}')",
            "table" => "LOCK TABLE competitor_metrics IN SHARE MODE",
            _ => "SELECT 1 FROM metric_facts WHERE collector_result_id IN (1, 2) FOR UPDATE",
        });

        await database.ExecuteAsync(Write);

        Assert.That(await SyncDatabase.NotesAsync(database), Is.EqualTo(2));
        await holder.ExecuteAsync("COMMIT");
        await database.AssertDrainedAsync(guarded: true);
    }

    [TestCase("UPDATE extracted_positions SET visibility_index = 'NaN' WHERE collector_result_id = 1 AND competitor_name IS NULL", "out_of_range")]
    [TestCase("UPDATE extracted_positions SET query_id = gen_random_uuid() WHERE collector_result_id = 1", "missing_parent")]
    [TestCase("UPDATE extracted_positions SET sentiment_positive_sentences = '5' WHERE collector_result_id = 1 AND competitor_name IS NULL", "invalid")]
    public async Task In_strict_a_dirty_row_is_rejected_with_a_reason_and_not_refused(string write, string reason)
    {
        await using var database = await SyncDatabase.CreateAsync("strict");

        await database.ExecuteAsync(write);

        Assert.That(await database.ListAsync("SELECT DISTINCT reason FROM evidently_schema.rejected_rows WHERE reason <> 'no_brand_row' AND collector_result_id = 1"), Is.EqualTo(new[] { reason }));
        await database.AssertInStepAsync();
    }

    /// <summary>A topic too large for its index: only the INSERT into the star can tell.</summary>
    [Test]
    public async Task In_strict_a_row_that_only_the_star_s_index_refuses_is_rejected_as_invalid()
    {
        await using var database = await SyncDatabase.CreateAsync("strict");
        await database.ExecuteAsync("DROP INDEX idx_extracted_positions_topic");

        await database.ExecuteAsync("UPDATE extracted_positions SET topic = (SELECT string_agg(md5(g::text), '') FROM generate_series(1, 2000) AS g) WHERE collector_result_id IN (1, 2) AND (collector_result_id = 1 OR topic = '')");

        Assert.That(await SyncDatabase.NotesAsync(database), Is.Zero);
        await database.ExecuteAsync("SELECT public.refresh_mv_brand_daily_metrics()");
        Assert.That(await database.DifferencesAsync([1]), Is.Empty);
    }
}
