using Evidently.Schema.DatabaseTests.Backfill;

namespace Evidently.Schema.DatabaseTests.DualWrite;

/// <summary>Nobody calls a drain here but where a test says so: writers drain what others have left, and wait for nobody.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class OnTheWayTests
{
    /// <summary>Guard: <see cref="SyncGuard.OnTheWay"/>.</summary>
    [Test]
    public async Task Notes_of_a_large_statement_heal_by_later_statements_of_other_writers([Values] bool guarded)
    {
        await using var database = await SyncDatabase.CreateAsync();
        await database.ExecuteAsync("INSERT INTO collector_results (id) SELECT * FROM generate_series(1001, 1070)");
        await SyncGuard.OnTheWay.RemoveUnlessAsync(guarded, database);
        await database.ExecuteAsync(
            "INSERT INTO extracted_positions (collector_result_id, brand_id, customer_id, query_id, collector_type, competitor_name) SELECT g, brand_id, customer_id, query_id, 'many', competitor_name"
            + " FROM extracted_positions CROSS JOIN generate_series(1001, 1070) AS g WHERE collector_result_id = 1");
        Assert.That(await SyncDatabase.NotesAsync(database), Is.EqualTo(70));

        await WriteOnAsync(database, guarded);

        if (guarded)
        {
            await database.AssertInStepAsync();
        }
        else
        {
            Assert.That(await SyncDatabase.NotesAsync(database), Is.EqualTo(70));
        }
    }

    /// <summary>Guard: <see cref="SyncGuard.OnTheWay"/>.</summary>
    [Test]
    [Category("Last")]
    [Explicit("Writers until all is healed: CI runs it last.")]
    public async Task Notes_of_parents_heal_by_later_statements_of_other_writers([Values] bool guarded)
    {
        await using var database = await SyncDatabase.CreateAsync();
        await database.ExecuteAsync("UPDATE extracted_positions SET topic = NULL, metadata = NULL, customer_id = NULL WHERE collector_result_id <> 16");
        await database.DrainAsync();
        await SyncGuard.OnTheWay.RemoveUnlessAsync(guarded, database);
        await database.ExecuteAsync("UPDATE generated_queries SET topic = 'another'");
        await database.ExecuteAsync("UPDATE brand_competitors SET competitor_name = 'Renamed' WHERE competitor_name = 'Competitor 1'");
        await database.ExecuteAsync("UPDATE brands SET customer_id = (SELECT max(id::text)::uuid FROM customers)");

        await WriteOnAsync(database, guarded);

        if (guarded)
        {
            await database.AssertInStepAsync();
        }
        else
        {
            Assert.That(await SyncDatabase.NotesAsync(database), Is.GreaterThan(0));
        }
    }

    /// <summary>Guard: <see cref="SyncGuard.FirstStatement"/>: what it had drained on its way was held, too.</summary>
    [Test]
    public async Task An_idle_transaction_that_holds_stripes_holds_up_its_own_results_alone([Values] bool commit, [Values] bool guarded)
    {
        await using var database = await SyncDatabase.CreateAsync("capture");
        await SyncGuard.FirstStatement.RemoveUnlessAsync(guarded, database);
        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.31 WHERE collector_result_id < 17");
        await SyncDatabase.SetModeAsync(database, "sync");
        await using var idle = await database.OpenAsync("BEGIN; SELECT pg_sleep(0.01)"); // older than its first statement
        await idle.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.32 WHERE collector_result_id = 1");

        await database.ExecuteAsync("SELECT evidently_schema.drain_batch()");

        Assert.That(
            await database.ListAsync("SELECT collector_result_id FROM evidently_schema.change_notes ORDER BY 1"), Is.EqualTo(guarded ? ["1"] : new[] { "1", "2", "3" }));
        await WriteAsync(database);
        await idle.ExecuteAsync(commit ? "COMMIT" : "ROLLBACK");
        await database.AssertDrainedAsync(guarded: true);
    }

    /// <summary>What fails for the one keeps its note; the writer passes.</summary>
    [Test]
    public async Task A_note_that_cannot_be_drained_on_the_way_stays_and_hurts_nobody()
    {
        await using var database = await SyncDatabase.CreateAsync("capture");
        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.31 WHERE collector_result_id = 1");
        await SyncDatabase.SetModeAsync(database, "strict");
        await using var holder = await database.OpenAsync("BEGIN; SELECT 1 FROM metric_facts AS f JOIN brand_metrics AS b ON b.metric_fact_id = f.id WHERE collector_result_id = 1 FOR UPDATE");

        await Eventually.Holds(
            async () =>
            {
                await WriteAsync(database);
                return await database.ScalarAsync<bool>("SELECT attempts > 0 FROM evidently_schema.change_notes");
            },
            "the note is tried");

        Assert.That(await database.ListAsync("SELECT collector_result_id || ' ' || last_error FROM evidently_schema.change_notes"), Is.EqualTo(new[] { "1 SQLSTATE 55P03" }));
        await holder.ExecuteAsync("COMMIT");
        await database.AssertDrainedAsync(guarded: true);
    }

    /// <summary>Guard: <see cref="SyncGuard.Look"/>. Many notes that nobody can drain, such as those of a table renamed for a day.</summary>
    [Test]
    public async Task A_writer_looks_at_no_more_than_a_few_of_the_notes_that_fail_however_many_there_are([Values] bool guarded)
    {
        await using var database = await SyncDatabase.CreateAsync();
        await FailingAsync(database, 3000);
        await SyncGuard.Look.RemoveUnlessAsync(guarded, database);
        await using var writer = await database.OpenAsync("BEGIN; SET LOCAL request.method = 'POST'");

        await writer.ExecuteAsync("UPDATE extracted_positions SET total_word_count = 1 WHERE collector_result_id = 16");

        var read = await writer.ScalarAsync<long>("SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relid = 'evidently_schema.change_notes'::regclass");
        Assert.That(read, guarded ? Is.LessThan(500) : Is.GreaterThan(2500));
    }

    [Test]
    public async Task A_note_behind_many_that_fail_is_drained_on_the_way_sooner_or_later()
    {
        await using var database = await SyncDatabase.CreateAsync("capture");
        await FailingAsync(database, 300);
        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.31 WHERE collector_result_id = 1");
        await SyncDatabase.SetModeAsync(database, "sync");

        await Eventually.Holds(
            async () =>
            {
                await WriteAsync(database);
                return await database.ScalarAsync<bool>("SELECT NOT EXISTS (SELECT FROM evidently_schema.change_notes WHERE collector_result_id = 1)");
            },
            "the note is drained");
    }

    private static Task<int> FailingAsync(StarDatabase database, int notes) => database.ExecuteAsync(
        $"INSERT INTO evidently_schema.change_notes (kind, collector_result_id, attempts, last_error) SELECT 'result', 1000 + g, 20, 'SQLSTATE 42P01' FROM generate_series(1, {notes}) AS g");

    /// <summary>Writes until nothing is noted any more, or where that never comes, forty times.</summary>
    private static async Task WriteOnAsync(StarDatabase database, bool heals)
    {
        if (heals)
        {
            await Eventually.Holds(
                async () =>
                {
                    await WriteAsync(database);
                    return await SyncDatabase.NotesAsync(database) == 0;
                },
                "no notes are left");
            return;
        }

        for (var n = 0; n < 40; n++)
        {
            await WriteAsync(database);
        }
    }

    private static Task<int> WriteAsync(StarDatabase database) => database.ExecuteAsync(
        "UPDATE extracted_positions SET total_word_count = coalesce(total_word_count, 0) + 1 WHERE collector_result_id = 16 AND competitor_name IS NULL");
}
