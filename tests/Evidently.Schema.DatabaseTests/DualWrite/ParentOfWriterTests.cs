using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Testing;
using Guard = Evidently.Schema.DatabaseTests.Backfill.Guard;

namespace Evidently.Schema.DatabaseTests.DualWrite;

/// <summary>A parent changes while a writer that has projected with the parent as it was is open, and a drain runs in between.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ParentOfWriterTests
{
    private const string OfResult1 = "FROM extracted_positions WHERE collector_result_id = 1 AND competitor_name IS NULL";
    private const string NewCustomer = "INSERT INTO customers (id, name) VALUES ('00000000-0000-0000-0000-00000000c0de', 'new')";

    private const string NewResult =
        "INSERT INTO extracted_positions (collector_result_id, brand_id, query_id, collector_type, competitor_name, processed_at)"
        + " SELECT 100, brand_id, query_id, 'new', CASE WHEN competitor_name LIKE '%2' THEN 'Late' ELSE competitor_name END, processed_at FROM extracted_positions WHERE collector_result_id = 1";

    private const string BrandsCustomer = $"UPDATE brands SET customer_id = '00000000-0000-0000-0000-00000000c0de' WHERE id = (SELECT brand_id {OfResult1})";
    private const string Topic = $"UPDATE generated_queries SET topic = 'another' WHERE id = (SELECT query_id {OfResult1})";
    private const string CompetitorAdded = $"INSERT INTO brand_competitors (brand_id, competitor_name) SELECT brand_id, 'Late' {OfResult1}";
    private const string CompetitorRenamed = $"UPDATE brand_competitors SET competitor_name = 'Late' WHERE competitor_name LIKE '%2' AND brand_id = (SELECT brand_id {OfResult1})";
    private const string CompetitorToNothing = $"UPDATE brand_competitors SET competitor_name = 'Else' WHERE competitor_name LIKE '%1' AND brand_id = (SELECT brand_id {OfResult1})";
    private const string CompetitorDeleted = $"DELETE FROM brand_competitors WHERE competitor_name LIKE '%1' AND brand_id = (SELECT brand_id {OfResult1})";
    private const string QueryDeleted = $"DELETE FROM generated_queries WHERE id = (SELECT query_id {OfResult1})";
    private const string BrandDeleted = $"DELETE FROM brands WHERE id = (SELECT brand_id {OfResult1})";
    private const string ResultInserted = "INSERT INTO collector_results (id) VALUES (102)";

    /// <summary>Guard: <see cref="Guard.Horizon"/>: the drain in between finds no star row of the new result, which is not committed.</summary>
    [Test]
    public async Task A_parent_changed_beside_an_open_writer_is_followed(
        [Values(BrandsCustomer, Topic, CompetitorAdded, CompetitorRenamed)] string change, [Values] bool guarded)
    {
        await using var database = await SyncDatabase.CreateAsync();
        await database.ExecuteAsync(NewCustomer);
        await database.DrainAsync();
        await Guard.Horizon.RemoveUnlessAsync(guarded, database);
        await using var writer = await database.OpenAsync("BEGIN");
        await writer.ExecuteAsync(NewResult);
        Assert.That(await SyncDatabase.NotesAsync(database), Is.Zero);

        await database.ExecuteAsync(change);
        await database.ExecuteAsync("SELECT evidently_schema.drain_batch()");
        await writer.ExecuteAsync("COMMIT");

        await database.AssertDrainedAsync(guarded);
    }

    /// <summary>What takes the key of a parent away waits for the open writer, whose star rows refer to it, and then takes them along.</summary>
    [Test]
    public async Task A_parent_that_goes_waits_for_the_open_writer_and_the_star_follows(
        [Values(CompetitorToNothing, CompetitorDeleted, QueryDeleted, BrandDeleted)] string change, [Values] bool foreignKeys)
    {
        await using var database = await SyncDatabase.CreateAsync("sync", new LegacyVariant { ForeignKeys = foreignKeys });
        await using var writer = await database.OpenAsync("BEGIN");
        await writer.ExecuteAsync(NewResult);
        await using var other = await database.OpenAsync();
        var changing = await other.StartsWaitingAsync(database, change);

        await database.ExecuteAsync("SELECT evidently_schema.drain_batch()");
        await writer.ExecuteAsync("COMMIT");
        await changing;

        await database.AssertDrainedAsync(guarded: true);
    }

    /// <summary>Guard: <see cref="Guard.SyncBusyNote"/> and the stripes: the drain finds the writer's stripe busy and keeps the note.</summary>
    [Test]
    public async Task A_result_inserted_after_its_rows_beside_an_open_writer_is_followed_without_foreign_keys([Values] bool guarded)
    {
        await using var database = await SyncDatabase.CreateAsync("sync", new LegacyVariant { ForeignKeys = false });
        await Guard.Stripes.RemoveUnlessAsync(guarded, database);
        await using var writer = await database.OpenAsync("BEGIN");
        await writer.ExecuteAsync(NewResult.Replace("100", "102", StringComparison.Ordinal));

        await database.ExecuteAsync(ResultInserted);
        await database.ExecuteAsync("SELECT evidently_schema.drain_batch()");
        await writer.ExecuteAsync("COMMIT");

        await database.AssertDrainedAsync(guarded);
    }

    /// <summary>Guard: <see cref="SyncGuard.OwnNotes"/>. The writer changes a parent and writes on: expanding its own note on the way, it would
    /// miss the result that another projects meanwhile with the parent as all others still see it.</summary>
    [Test]
    public async Task A_writer_that_changes_a_parent_does_not_drain_that_note_before_it_commits(
        [Values(BrandsCustomer, Topic)] string change, [Values] bool byDrain, [Values] bool guarded)
    {
        await using var database = await SyncDatabase.CreateAsync();
        await database.ExecuteAsync(NewCustomer);
        await database.DrainAsync();
        await SyncGuard.OwnNotes.RemoveUnlessAsync(guarded, database);
        await SyncGuard.OwnNotesOnTheWay.RemoveUnlessAsync(guarded, database);
        await using var writer = await database.OpenAsync("BEGIN");
        await writer.ExecuteAsync("SELECT set_config('request.method', 'POST', true)"); // as PostgREST does: elsewhere it would drain nothing
        await writer.ExecuteAsync(change);
        await writer.ExecuteAsync(byDrain ? "SELECT evidently_schema.drain_batch()" : SyncDatabase.Another);

        await database.ExecuteAsync(NewResult);
        await writer.ExecuteAsync("COMMIT");

        await database.AssertDrainedAsync(guarded);
    }

    [Test]
    public async Task A_parent_deleted_in_the_writer_s_own_transaction_hurts_nobody(
        [Values("brands", "customers", "generated_queries", "brand_competitors", "collector_results")] string parent,
        [Values] bool foreignKeys)
    {
        await using var database = await SyncDatabase.CreateAsync("strict", new LegacyVariant { ForeignKeys = foreignKeys });
        var key = parent switch
        {
            "brands" => $"(SELECT brand_id {OfResult1})",
            "customers" => $"(SELECT customer_id {OfResult1})",
            "generated_queries" => $"(SELECT query_id {OfResult1})",
            "brand_competitors" => $"(SELECT min(id) FROM brand_competitors WHERE brand_id = (SELECT brand_id {OfResult1}))",
            _ => "1",
        };

        await database.ExecuteAsync(
            $"BEGIN; {SyncDatabase.BrandRow}; UPDATE extracted_positions SET visibility_index = 0.3 WHERE collector_result_id = 1; DELETE FROM {parent} WHERE id = {key};"
            + " UPDATE extracted_positions SET visibility_index = 0.4 WHERE collector_result_id IN (1, 2); COMMIT");

        await database.AssertDrainedAsync(guarded: true);
    }
}
