using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>Where the copy begins, and when it refuses to.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class CopyTests
{
    private const string Facts = "SELECT count(*) FROM metric_facts";

    private static readonly (string Table, string[] Triggers)[] Capture =
    [
        ("extracted_positions", ["insert", "update", "delete", "truncate"]),
        ("brands", ["change", "update", "truncate"]),
        ("customers", ["change", "update", "truncate"]),
        ("generated_queries", ["change", "update", "truncate"]),
        ("collector_results", ["change", "update", "truncate"]),
        ("brand_competitors", ["change", "update", "truncate"]),
    ];

    public static IEnumerable<string> Silenced() =>
    [
        .. Capture.SelectMany(table => table.Triggers.Select(trigger => $"ALTER TABLE {table.Table} DISABLE TRIGGER evidently_schema_{trigger}")),
        "ALTER TABLE extracted_positions ENABLE REPLICA TRIGGER evidently_schema_insert",
        "ALTER TABLE brands ENABLE REPLICA TRIGGER evidently_schema_update",
        "DROP TRIGGER evidently_schema_update ON extracted_positions",
        "DROP TRIGGER evidently_schema_truncate ON brand_competitors",
    ];

    /// <summary>Guard: <see cref="Guard.ReadCommittedBatch"/>: the batch's snapshot is older than the stripes it takes, and brings back
    /// what was deleted, and drained, in between.</summary>
    [Test]
    public async Task A_batch_refuses_a_snapshot_older_than_its_stripes(
        [Values("REPEATABLE READ", "SERIALIZABLE")] string isolation, [Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy);
        await database.ExecuteAsync("SELECT evidently_schema.start_backfill()");
        await Guard.ReadCommittedBatch.RemoveUnlessAsync(guarded, database);
        await using var worker = await database.OpenAsync($"BEGIN ISOLATION LEVEL {isolation}; SELECT count(*) FROM extracted_positions");

        await database.ExecuteAsync("DELETE FROM extracted_positions WHERE collector_result_id = 1");
        await database.ExecuteAsync("CALL evidently_schema.drain(30)");
        const string Copy = "SELECT evidently_schema.copy_batch(100) FROM generate_series(1, 5)";
        if (guarded)
        {
            await AssertRefusedAsync(() => worker.ExecuteAsync(Copy), $"History cannot be copied in a {isolation.ToLowerInvariant()} transaction.");
            await worker.ExecuteAsync("ROLLBACK");
            await database.ExecuteAsync("CALL evidently_schema.backfill()");
        }
        else
        {
            await worker.ExecuteAsync(Copy);
            await worker.ExecuteAsync("COMMIT");
        }

        await database.AssertDrainedAsync(guarded);
    }

    /// <summary>Guard: <see cref="Guard.ReadCommittedBatch"/>.</summary>
    [Test]
    public async Task The_backfill_refuses_a_session_whose_transactions_are_not_read_committed([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy);
        await Guard.ReadCommittedBatch.RemoveUnlessAsync(guarded, database);
        await using var worker = await database.OpenAsync("SET default_transaction_isolation = 'repeatable read'");

        if (guarded)
        {
            await AssertRefusedAsync(() => worker.ExecuteAsync("CALL evidently_schema.backfill()"), "History cannot be copied in a repeatable read transaction.");
        }
        else
        {
            await worker.ExecuteAsync("CALL evidently_schema.backfill()");
        }

        Assert.That(await database.ScalarAsync<long>(Facts), Is.EqualTo(guarded ? 0 : StarDatabase.Few.Results));
    }

    /// <summary>Guard: <see cref="Guard.ReadCommittedDrain"/>: the drain would delete a note it sees, and project what it does not.</summary>
    [Test]
    public async Task A_drain_refuses_a_snapshot_older_than_its_stripes([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await Guard.ReadCommittedDrain.RemoveUnlessAsync(guarded, database);
        await using var worker = await database.OpenAsync("BEGIN ISOLATION LEVEL REPEATABLE READ");

        if (guarded)
        {
            await AssertRefusedAsync(() => worker.ExecuteAsync("SELECT evidently_schema.drain_batch()"), "Notes cannot be drained in a repeatable read transaction.");
        }
        else
        {
            await worker.ExecuteAsync("SELECT evidently_schema.drain_batch()");
        }
    }

    /// <summary>Guard: <see cref="Guard.SmallestFirst"/>.</summary>
    [Test]
    public async Task The_result_with_the_smallest_id_there_can_be_is_copied([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy, new LegacyVariant { ForeignKeys = false });
        await Guard.SmallestFirst.RemoveUnlessAsync(guarded, database);
        await database.ExecuteAsync(
            """
            UPDATE collector_results SET id = -9223372036854775808 WHERE id = 1;
            UPDATE extracted_positions SET collector_result_id = -9223372036854775808 WHERE collector_result_id = 1;
            DELETE FROM evidently_schema.change_notes;
            """);

        await database.ExecuteAsync("CALL evidently_schema.backfill()");

        Assert.That(await database.ScalarAsync<long>("SELECT done FROM evidently_schema.backfill_progress"), Is.EqualTo(guarded ? 16 : 15));
        await database.AssertDrainedAsync(guarded);
    }

    /// <summary>Guard: <see cref="Guard.AllOfCapture"/>, below. ENABLE REPLICA: the trigger fires for nobody but a replication.</summary>
    [TestCaseSource(nameof(Silenced))]
    public async Task The_backfill_refuses_to_copy_while_a_trigger_of_capture_does_not_fire(string silence)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy);
        await database.ExecuteAsync(silence);

        await AssertRefusedAsync(() => database.ExecuteAsync("CALL evidently_schema.backfill()"), "Capture is not installed, or in part disabled");

        Assert.That(await database.ScalarAsync<long>(Facts), Is.Zero);
    }

    /// <summary>Guard: <see cref="Guard.AllOfCapture"/>: the change that the test makes during the copy is lost without it.</summary>
    [Test]
    public async Task What_a_silent_trigger_of_capture_would_lose_is_not_lost([Values("DISABLE", "ENABLE REPLICA")] string silence, [Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy);
        await Guard.AllOfCapture.RemoveUnlessAsync(guarded, database);
        await database.ExecuteAsync($"ALTER TABLE brand_competitors {silence} TRIGGER evidently_schema_update");
        await using var gate = await Gate.CloseAsync(database);
        await using var worker = await gate.WorkerAsync();

        if (guarded)
        {
            await AssertRefusedAsync(() => worker.ExecuteAsync("CALL evidently_schema.backfill()"), "Capture is not installed, or in part disabled");
            return;
        }

        var batch = await worker.StartsWaitingAsync(database, "CALL evidently_schema.backfill()");
        await database.ExecuteAsync("UPDATE brand_competitors SET competitor_name = competitor_name || ' renamed'");
        await gate.OpenAsync();
        await batch;
        await database.AssertDrainedAsync(guarded);
    }

    /// <summary>ENABLE ALWAYS fires for everybody, so it is as good.</summary>
    [Test]
    public async Task The_backfill_copies_while_a_trigger_of_capture_fires_always()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.BeforeCopy);
        await database.ExecuteAsync("ALTER TABLE extracted_positions ENABLE ALWAYS TRIGGER evidently_schema_update");

        await database.ExecuteAsync("CALL evidently_schema.backfill()");

        await database.AssertDrainedAsync(guarded: true);
    }

    private static async Task AssertRefusedAsync(Func<Task> action, string message)
    {
        var refusal = (await Assert.ThrowsAsync<PostgresException>(() => action()))!;
        Assert.That(refusal.SqlState, Is.EqualTo("EV007"));
        Assert.That(refusal.MessageText, Does.StartWith(message));
    }
}
