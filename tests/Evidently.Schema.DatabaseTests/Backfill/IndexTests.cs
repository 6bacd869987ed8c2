using System.Text.Json;
using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>The star's indexes, and the plans that rest on the one of legacy.</summary>
[Parallelizable(ParallelScope.All)]
[Category("Versions")]
public sealed class IndexTests
{
    /// <summary>Every index named in the plan.</summary>
    private static readonly string[] OfThePlan =
    [
        "idx_metric_facts_collector_result", "idx_metric_facts_brand_processed", "idx_metric_facts_brand_collector", "idx_metric_facts_topic",
        "idx_brand_metrics_fact", "idx_brand_metrics_visibility", "idx_competitor_metrics_fact_comp", "idx_competitor_metrics_comp",
        "idx_competitor_metrics_visibility", "idx_brand_sentiment_fact", "idx_brand_sentiment_label", "idx_competitor_sentiment_fact_comp",
        "idx_competitor_sentiment_comp", "idx_mv_brand_daily_metrics_lookup", "idx_mv_brand_daily_metrics_date_range",
    ];

    [Test]
    public async Task The_plans_indexes_are_all_there_and_valid()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed);

        Assert.That(
            await database.ListAsync("SELECT c.relname FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indexrelid WHERE i.indisvalid AND c.relnamespace = 'public'::regnamespace"),
            Is.SupersetOf(OfThePlan));
    }

    /// <summary>An index is superfluous when another with the same predicate begins with its columns in its order, unless it is unique.</summary>
    [Test]
    public async Task No_index_repeats_another_or_is_the_beginning_of_another()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed);

        Assert.That(
            await database.ListAsync(
                """
                WITH keys AS (
                    SELECT i.indexrelid::regclass::text AS name, i.indrelid, i.indisunique, coalesce(pg_get_expr(i.indpred, i.indrelid), '') AS predicate,
                        ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, false) || ' ' || i.indoption[k - 1] FROM generate_series(1, i.indnkeyatts) AS k ORDER BY k) AS cols
                    FROM pg_index AS i JOIN pg_class AS c ON c.oid = i.indrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
                    WHERE n.nspname = 'evidently_schema'
                        OR c.relname IN ('metric_facts', 'brand_metrics', 'competitor_metrics', 'brand_sentiment', 'competitor_sentiment', 'mv_brand_daily_metrics')
                )
                SELECT a.name || ' is the beginning of ' || b.name FROM keys AS a JOIN keys AS b ON b.indrelid = a.indrelid AND b.name <> a.name
                    AND b.predicate = a.predicate AND b.cols[:cardinality(a.cols)] = a.cols
                WHERE NOT a.indisunique OR b.cols = a.cols
                """),
            Is.Empty);
    }

    [Test]
    public async Task The_column_of_every_foreign_key_is_led_by_an_index()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed);

        Assert.That(
            await database.ListAsync(
                """
                SELECT c.conname FROM pg_constraint AS c
                WHERE c.contype = 'f' AND c.conrelid::regclass::text IN ('metric_facts', 'brand_metrics', 'competitor_metrics', 'brand_sentiment', 'competitor_sentiment')
                    AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = c.conrelid AND i.indkey[0] = c.conkey[1] AND i.indpred IS NULL AND i.indisvalid)
                """),
            Is.Empty);
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.star_foreign_keys WHERE attached AND validated"), Is.EqualTo(10));
    }

    /// <summary>Views as they are read by drains and batches, and their slices.</summary>
    [Test]
    public async Task A_filter_by_results_reaches_the_index_of_legacy_in_generic_plans_too(
        [Values("projected_rows", "projected_metric_facts", "projected_brand_metrics", "projected_competitor_metrics", "projected_brand_sentiment",
            "projected_competitor_sentiment", "projected_rejected_rows")]
        string view, [Values("force_generic_plan", "force_custom_plan")] string mode, [Values] bool withIndexOfTheHost)
    {
        await using var database = await StarDatabase.CreateAsync(
            Steps.Routed, new LegacyVariant { ResultIndex = withIndexOfTheHost }, StarDatabase.Few with { Results = 3000 });
        await using var session = await database.OpenAsync($"ANALYZE extracted_positions; SET plan_cache_mode = {mode}");
        await session.ExecuteAsync($"PREPARE p (bigint[]) AS SELECT * FROM evidently_schema.{view} WHERE collector_result_id = ANY ($1)");

        var plan = await session.ScalarAsync<string>("EXPLAIN (FORMAT JSON, COSTS OFF) EXECUTE p ('{1,2,3}')");

        using var json = JsonDocument.Parse(plan!);
        var legacy = Nodes(json.RootElement[0].GetProperty("Plan")).Where(node => Text(node, "Relation Name") is "extracted_positions").ToList();
        Assert.That(legacy, Has.Count.EqualTo(1), plan);
        Assert.That(Text(legacy[0], "Node Type"), Is.AnyOf("Index Scan", "Bitmap Heap Scan"), plan);
        Assert.That(plan, Does.Contain("Index Cond").And.Contain("collector_result_id = ANY"), plan);
    }

    private static IEnumerable<JsonElement> Nodes(JsonElement node) =>
        node.TryGetProperty("Plans", out var plans) ? plans.EnumerateArray().SelectMany(Nodes).Prepend(node) : [node];

    private static string? Text(JsonElement node, string property) => node.TryGetProperty(property, out var value) ? value.GetString() : null;
}
