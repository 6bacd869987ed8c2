using Evidently.Schema.DatabaseTests.Oracle;
using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>A parent's note becomes notes of its results in batches, and covers them all until the last has its own.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ParentNoteTests
{
    private const string OneQuery = "SELECT query_id FROM extracted_positions WHERE collector_result_id = 1 LIMIT 1";
    private const string ParentNotes = "SELECT count(*) FROM evidently_schema.change_notes WHERE kind IN ('brand', 'query', 'customer', 'competitor', 'all')";
    private const string ResultNotes = "SELECT count(*) FROM evidently_schema.change_notes WHERE kind = 'result'";
    private const string DrainResults = "SELECT evidently_schema.drain_results(evidently_schema.due_results(100))";

    /// <summary>Guard: <see cref="Guard.StaysToTheLast"/>.</summary>
    [Test]
    public async Task A_parents_note_stays_until_its_last_result_has_a_note_of_its_own(
        [Values("UPDATE generated_queries SET topic = 'changed'", "UPDATE brands SET customer_id = NULL", "TRUNCATE extracted_positions")] string change, [Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await Guard.StaysToTheLast.RemoveUnlessAsync(guarded, database);
        await database.ExecuteAsync("UPDATE extracted_positions SET topic = NULL, metadata = NULL, customer_id = NULL");
        await database.DrainAsync();
        await database.ExecuteAsync(change);

        var batches = 0;
        while (await database.ScalarAsync<long>(ParentNotes) > 0)
        {
            await database.ExecuteAsync("SELECT evidently_schema.expand_parent_notes(100, 3)");
            if (guarded && !change.StartsWith("TRUNCATE", StringComparison.Ordinal)) // under a note of everything nothing can be said
            {
                Assert.That(await database.ListAsync("SELECT check_name FROM evidently_schema.verify() WHERE NOT ok"), Is.Empty, "what a note covers is not different");
            }

            await database.ExecuteAsync(DrainResults);
            batches++;
        }

        Assert.That(batches, guarded ? Is.GreaterThan(2) : Is.Positive);
        await database.AssertDrainedAsync(guarded);
    }

    /// <summary>Guard: <see cref="Guard.FreshSaysAll"/>: the second change would be forgotten for the results that the first note has done.</summary>
    [Test]
    public async Task A_parent_that_changes_again_while_its_note_is_expanded_is_expanded_again([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await Guard.FreshSaysAll.RemoveUnlessAsync(guarded, database);
        await database.ExecuteAsync("UPDATE extracted_positions SET topic = NULL, metadata = NULL");
        await database.DrainAsync();
        await database.ExecuteAsync($"UPDATE generated_queries SET topic = 'first' WHERE id = ({OneQuery})");
        await database.ExecuteAsync("SELECT evidently_schema.expand_parent_notes(100, 2)");
        await database.ExecuteAsync(DrainResults);
        await database.ExecuteAsync($"UPDATE generated_queries SET topic = 'second' WHERE id = ({OneQuery})");

        await database.AssertDrainedAsync(guarded);
    }

    /// <summary>Guard: <see cref="Guard.NoteUnknown"/>: somebody holds the list of rejected rows for longer than a writer waits.</summary>
    [Test]
    public async Task A_result_is_noted_when_its_rejected_rows_cannot_be_looked_up([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished, new LegacyVariant { ForeignKeys = false });
        await Guard.NoteUnknown.RemoveUnlessAsync(guarded, database);
        await database.ExecuteAsync(
            "INSERT INTO extracted_positions (collector_result_id, brand_id, customer_id, query_id, collector_type, processed_at)"
            + " SELECT 500, brand_id, customer_id, query_id, collector_type, processed_at FROM extracted_positions WHERE collector_result_id = 1 AND competitor_name IS NULL");
        await database.DrainAsync();
        Assert.That(await database.ScalarAsync<string>("SELECT reason FROM evidently_schema.rejected_rows WHERE collector_result_id = 500"), Is.EqualTo("missing_parent"));

        await using (var holder = await database.OpenAsync("BEGIN; LOCK TABLE evidently_schema.rejected_rows IN ACCESS EXCLUSIVE MODE"))
        {
            await database.ExecuteAsync("INSERT INTO collector_results (id) VALUES (500)");
        }

        await database.AssertDrainedAsync(guarded);
    }

    /// <summary>Guard: no index of the notes holds a competitor's name, which would take the note's kind and its brand in letters beside it.</summary>
    [Test]
    public async Task A_competitor_is_noted_whose_name_just_fits_its_own_index([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await database.ExecuteAsync(guarded ? "SELECT" : "CREATE INDEX idx_change_notes_key ON evidently_schema.change_notes (kind, key) WHERE kind <> 'result'");
        var name = DirtyCatalog.Incompressible(2_660);
        await database.ExecuteAsync($"UPDATE extracted_positions SET competitor_name = '{name}' WHERE id = (SELECT max(id) FROM extracted_positions WHERE collector_result_id = 1)");
        await database.DrainAsync();

        await database.ExecuteAsync($"INSERT INTO brand_competitors (brand_id, competitor_name) SELECT brand_id, competitor_name FROM extracted_positions WHERE competitor_name = '{name}'");

        await database.AssertDrainedAsync(guarded);
    }

    [Test]
    public async Task A_parent_that_has_changed_ten_times_is_expanded_once()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        for (var change = 0; change < 10; change++)
        {
            await database.ExecuteAsync($"UPDATE generated_queries SET topic = '{change}' WHERE id = ({OneQuery})");
        }

        Assert.That(await database.ScalarAsync<long>(ParentNotes), Is.EqualTo(10));
        await database.ExecuteAsync("SELECT evidently_schema.expand_parent_notes()");

        Assert.That(await database.ScalarAsync<long>(ParentNotes + " OR kind = 'row'"), Is.Zero);
        Assert.That(
            await database.ScalarAsync<long>(ResultNotes), Is.EqualTo(await database.ScalarAsync<long>($"SELECT count(*) FROM metric_facts WHERE query_id = ({OneQuery})")));
        await database.AssertDrainedAsync(guarded: true);
    }

    /// <summary>Guard: <see cref="Guard.ReportFailing"/>.</summary>
    [Test]
    public async Task A_result_that_fails_for_the_tenth_time_is_an_event([Values] bool guarded)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Finished);
        await Guard.ReportFailing.RemoveUnlessAsync(guarded, database);
        await database.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.13 WHERE collector_result_id = 1");
        await database.ExecuteAsync("ALTER TABLE brand_metrics RENAME TO elsewhere");
        await database.ExecuteAsync("UPDATE evidently_schema.change_notes SET attempts = 8");
        for (var attempt = 9; attempt <= 11; attempt++)
        {
            await database.ExecuteAsync("UPDATE evidently_schema.change_notes SET noted_at = now() - interval '1 hour'");
            await database.ExecuteAsync("SELECT evidently_schema.drain_batch()");
            Assert.That(await database.ScalarAsync<int>("SELECT max(attempts) FROM evidently_schema.change_notes"), Is.EqualTo(attempt));
        }

        Assert.That(
            await database.ListAsync("SELECT concat_ws(': ', subject, became, reason) FROM evidently_schema.events WHERE kind = 'result not projected'"),
            guarded ? Is.EqualTo(new[] { "1: 10 attempts: SQLSTATE 42P01" }) : Is.Empty);
    }
}
