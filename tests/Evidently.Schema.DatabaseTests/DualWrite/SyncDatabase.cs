using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.DualWrite;

/// <summary>A database in phase 3 with two results, 100 and 101, that have no rows yet, and the statements that write them.</summary>
internal static class SyncDatabase
{
    private const string Columns =
        "collector_result_id, brand_id, customer_id, query_id, collector_type, competitor_name, visibility_index, visibility_index_competitor, processed_at";

    private const string Values =
        "brand_id, customer_id, query_id, collector_type, competitor_name, visibility_index, visibility_index_competitor, processed_at";

    public const string BrandRow =
        $"INSERT INTO extracted_positions ({Columns}) SELECT 100, {Values} FROM extracted_positions WHERE collector_result_id = 1 AND competitor_name IS NULL";

    public const string CompetitorRows =
        $"INSERT INTO extracted_positions ({Columns}) SELECT 100, {Values} FROM extracted_positions WHERE collector_result_id = 1 AND competitor_name IS NOT NULL";

    /// <summary>A statement of a writer that has to do with nothing else.</summary>
    public const string Another =
        $"INSERT INTO extracted_positions ({Columns}) SELECT 101, {Values} FROM extracted_positions WHERE collector_result_id = 2 AND competitor_name IS NULL";

    public static async Task<StarDatabase> CreateAsync(string mode = "sync", LegacyVariant? variant = null)
    {
        var database = await StarDatabase.CreateAsync(Steps.Synced, variant);
        await database.ExecuteAsync("INSERT INTO collector_results (id) VALUES (100), (101)");
        await database.ExecuteAsync("CALL evidently_schema.drain(30)");
        await SetModeAsync(database, mode);
        return database;
    }

    public static Task<int> SetModeAsync(StarDatabase database, string mode) =>
        database.ExecuteAsync($"UPDATE evidently_schema.settings SET value = '{mode}' WHERE name = 'dual_write'");

    public static async Task<long> NotesAsync(StarDatabase database) =>
        await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.change_notes");

    /// <summary>Says that the copy has not begun, and empties the star of these results.</summary>
    public static async Task ForgetCopyAsync(StarDatabase database, string results)
    {
        await database.ExecuteAsync(
            $"""
            DELETE FROM evidently_schema.backfill_lanes;
            DELETE FROM evidently_schema.backfill_runs;
            DELETE FROM metric_facts WHERE {results};
            DELETE FROM evidently_schema.rejected_rows WHERE {results};
            DELETE FROM evidently_schema.change_notes;
            """);
    }

    /// <summary>Asserts that nothing is noted and the star is right without any drain.</summary>
    public static async Task AssertInStepAsync(this StarDatabase database)
    {
        Assert.That(await database.ListAsync("SELECT kind || ' ' || coalesce(key, collector_result_id::text) || ' ' || coalesce(last_error, '') FROM evidently_schema.change_notes"), Is.Empty, "notes");
        await database.ExecuteAsync("SELECT public.refresh_mv_brand_daily_metrics()");
        await database.AssertStarAsync();
    }

    /// <summary>Calls repair() until it finds nothing to do.</summary>
    public static async Task RepairAsync(this StarDatabase database)
    {
        await Eventually.Holds(
            async () => await database.ScalarAsync<long>("SELECT evidently_schema.repair()") == 0 && await NotesAsync(database) == 0, "repair() finds nothing left");
        await database.ExecuteAsync("SELECT public.refresh_mv_brand_daily_metrics()");
        await database.AssertStarAsync();
        Assert.That(await database.ScalarAsync<bool>("SELECT bool_and(v.ok) FROM evidently_schema.verify() AS v"), "verification");
    }
}
