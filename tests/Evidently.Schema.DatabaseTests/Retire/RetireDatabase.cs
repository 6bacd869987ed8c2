using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.Retire;

/// <summary>A database in which every page is read from the star, before and after legacy is archived, with two results, 100 and 101, without rows.</summary>
internal static class RetireDatabase
{
    public const string ToStar = "UPDATE evidently_schema.settings SET value = 'star' WHERE name = 'write_target'";

    public const string ToBoth = "UPDATE evidently_schema.settings SET value = 'both' WHERE name = 'write_target'";

    private static readonly string[] CleanupFiles = ["M504_RefuseTable.sql", "M504_Residue.sql", "M504_Check.sql", "M504_Watch.sql", "M504_Keep.sql", "M504_Retired.sql", "M504_DropLegacy.sql"];

    /// <summary>What legacy shows of each result, in the application's order, without what a rewrite may change: ids, and how a number is written.</summary>
    public const string Shown =
        """
        SELECT string_agg(r.item, E'\n' ORDER BY r.item COLLATE "C") FROM (
            SELECT concat_ws(' | ', ep.collector_result_id, coalesce(ep.competitor_name, '-'), ep.brand_id, ep.customer_id, ep.query_id, ep.collector_type, ep.topic, ep.processed_at,
                ep.visibility_index::numeric(10, 4), ep.visibility_index_competitor::numeric(10, 4), ep.share_of_answers_brand::numeric(10, 4), ep.share_of_answers_competitor::numeric(10, 4),
                ep.has_brand_presence, ep.brand_first_position, ep.brand_positions::text, ep.competitor_positions::text, ep.total_brand_mentions, ep.competitor_mentions, ep.total_word_count,
                ep.sentiment_label, ep.sentiment_score::numeric(10, 4), ep.sentiment_positive_sentences, ep.sentiment_label_competitor, ep.sentiment_score_competitor::numeric(10, 4),
                ep.sentiment_negative_sentences_competitor, ep.metadata, ep.raw_answer, ep.brand_name, ep.total_brand_product_mentions) AS item
            FROM public.extracted_positions AS ep) AS r
        """;

    /// <summary>Rows that are missing from the view, or differ from those in the table <c>kept</c>.</summary>
    public const string Differing =
        "SELECT coalesce(k.id, v.id)::text FROM kept AS k FULL JOIN extracted_positions AS v ON v.id = k.id WHERE k.id IS NULL OR v.id IS NULL OR to_jsonb(v.*) <> to_jsonb(k.*)";

    /// <summary>Phase 4 with every route at 100: nothing stands in the way of archiving. The legacy table may have had another shape from the beginning.</summary>
    public static async Task<StarDatabase> ReadyAsync(LegacyVariant? variant = null, LegacyFill? fill = null, string? shape = null)
    {
        var database = await StarDatabase.CreateAsync(shape is null ? Steps.Routed : 0, variant, fill);
        if (shape is not null)
        {
            await database.ExecuteAsync(shape);
            await Steps.UpAsync(database.ConnectionString, Steps.Routed);
        }

        await database.MakeReadyAsync();
        return database;
    }

    /// <summary>After phase 4.</summary>
    public static async Task MakeReadyAsync(this StarDatabase database)
    {
        await database.ExecuteAsync("INSERT INTO collector_results (id, raw_answer) VALUES (100, 'a'), (101, 'b') ON CONFLICT DO NOTHING");
        await database.DrainAsync();
        await database.ExecuteAsync("UPDATE evidently_schema.rejected_rows SET acknowledged = true");
        await database.ExecuteAsync("SELECT evidently_schema.verify()");
        await database.ExecuteAsync("UPDATE evidently_schema.read_routes SET star_percent = 100");
    }

    public static async Task<StarDatabase> ArchivedAsync(LegacyVariant? variant = null, LegacyFill? fill = null, bool toStar = false, string? shape = null)
    {
        var database = await ReadyAsync(variant, fill, shape);
        await database.MigrateAsync(Phase.Retire);
        if (toStar)
        {
            await database.ExecuteAsync(ToStar);
        }

        return database;
    }

    /// <summary>Archived and, the next moment, dropped.</summary>
    public static async Task<StarDatabase> DroppedAsync()
    {
        var database = await ArchivedAsync(toStar: true);
        await database.OldAndQuietAsync();
        await database.DropAsync();
        return database;
    }

    /// <summary>Nothing but its age and its use stand in the way of cleanup.</summary>
    public static Task<int> OldAndQuietAsync(this StarDatabase database) => database.ExecuteAsync(
        "UPDATE evidently_schema.settings SET value = '0 days' WHERE name = 'archive_min_age'; UPDATE evidently_schema.settings SET value = '0' WHERE name = 'quiet_days'");

    public static async Task DropAsync(this StarDatabase database)
    {
        await using var migrator = database.Migrator();
        await migrator.DropLegacyAsync();
    }

    /// <summary>Runs the migration's files one by one, as a run that is killed after the last.</summary>
    public static async Task RunAsync(this StarDatabase database, params string[] files)
    {
        foreach (var file in files)
        {
            await database.ExecuteAsync(Steps.Sql(file));
        }
    }

    /// <summary>Cleanup, up to and with this of its files.</summary>
    public static Task CleanUpToAsync(this StarDatabase database, string last) => database.RunAsync([.. CleanupFiles.TakeWhile(file => !string.Equals(file, last, StringComparison.Ordinal)), last]);

    /// <summary>A call of save_positions with the rows of another result.</summary>
    public static string Save(long result, long like = 1, string visibility = "0.5") =>
        $$"""
        SELECT evidently_schema.save_positions({{result}},
            (SELECT (to_jsonb(ep) || '{"visibility_index": {{visibility}}}') - '{id,raw_answer,collector_result_id}'::text[] FROM public.extracted_positions AS ep WHERE ep.collector_result_id = {{like}} AND ep.competitor_name IS NULL),
            (SELECT jsonb_agg((to_jsonb(ep) || '{"visibility_index": {{visibility}}}') - '{id,raw_answer,collector_result_id}'::text[]) FROM public.extracted_positions AS ep WHERE ep.collector_result_id = {{like}} AND ep.competitor_name IS NOT NULL))
        """;

    public static Task<string?> ShownAsync(this StarDatabase database) => database.ScalarAsync<string>(Shown);

    public static async Task<bool> IsStarOnlyAsync(this StarDatabase database, long result) =>
        await database.ScalarAsync<bool>($"SELECT EXISTS (SELECT FROM evidently_schema.star_only_results WHERE collector_result_id = {result})");

    public static async Task AssertVerifiedAsync(this StarDatabase database)
    {
        await database.DrainAsync();
        Assert.That(await database.ListAsync("SELECT v::text FROM evidently_schema.verify() AS v WHERE NOT v.ok"), Is.Empty, "verification");
    }
}
