using System.Collections;
using System.Text.Json;
using System.Text.Json.Nodes;
using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Hosting;

namespace Evidently.Schema.DatabaseTests.Reads;

/// <summary>A call of a page, once as SQL's arguments and once through <see cref="MetricsReader"/>.</summary>
internal sealed record ReaderCall(string Function, string Arguments, Func<MetricsReader, CancellationToken, Task<JsonArray>> Read)
{
    // The records' properties are named as the functions' columns.
    private static readonly JsonSerializerOptions Columns = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>What plain SQL says, of <c>public.</c>, <c>evidently_schema.legacy_</c> or <c>evidently_schema.star_</c>.</summary>
    public async Task<JsonArray> PlainAsync(StarDatabase database, string prefix)
    {
        var rows = await database.ScalarAsync<string>($"SELECT coalesce(jsonb_agg(to_jsonb(r)), '[]')::text FROM {prefix}{Function}({Arguments}) AS r");
        return (JsonArray)JsonNode.Parse(rows!)!;
    }

    /// <summary>Each of the eight with rows, and each once more with filters or without any row; the dashboard always has one.</summary>
    public static async Task<List<ReaderCall>> AllAsync(StarDatabase database)
    {
        var brand = await database.ScalarAsync<Guid>("SELECT brand_id FROM metric_facts WHERE collector_result_id = 1");
        var customer = await database.ScalarAsync<Guid>("SELECT customer_id FROM metric_facts WHERE collector_result_id = 1");
        var query = await database.ScalarAsync<Guid>("SELECT query_id FROM metric_facts WHERE collector_result_id = 1");
        var competitor = (await database.ScalarAsync<string>($"SELECT min(competitor_name) FROM brand_competitors WHERE brand_id = '{brand}'"))!;
        var type = (await database.ScalarAsync<string>("SELECT collector_type FROM metric_facts WHERE collector_result_id = 1"))!;
        var from = new DateTimeOffset(2025, 1, 1, 5, 30, 0, TimeSpan.FromHours(5.5));
        var to = new DateTimeOffset(2025, 1, 4, 12, 0, 0, TimeSpan.Zero);
        var first = new DateOnly(2025, 1, 1);
        const string Range = "'2025-01-01T00:00Z', '2025-01-04T12:00Z'";
        var who = $"'{brand}', '{customer}'";
        var nobody = Guid.Empty;

        ReaderCall Call<T>(string function, string arguments, Func<MetricsReader, CancellationToken, Task<T>> read) =>
            new(function, arguments, async (reader, token) => Json(await read(reader, token)));

        return
        [
            Call("get_dashboard_metrics", $"{who}, {Range}", (r, token) => r.GetDashboardMetricsAsync(brand, customer, from, to, cancellationToken: token)),
            Call("get_dashboard_metrics", $"{who}, {Range}, '{{{type}}}'", (r, token) => r.GetDashboardMetricsAsync(brand, customer, from, to, [type], token)),
            Call("get_dashboard_metrics", $"{who}, {Range}, '{{}}'", (r, token) => r.GetDashboardMetricsAsync(brand, customer, from, to, [], token)),
            Call("get_brand_visibility_metrics", $"'{brand}', '2025-01-01', '2025-01-03'", (r, token) => r.GetBrandVisibilityMetricsAsync(brand, first, first.AddDays(2), cancellationToken: token)),
            Call("get_brand_visibility_metrics", $"'{brand}', '-infinity', 'infinity', '{{{type},none}}'", (r, token) => r.GetBrandVisibilityMetricsAsync(brand, DateOnly.MinValue, DateOnly.MaxValue, [type, "none"], token)),
            Call("get_brand_visibility_metrics", $"'{nobody}', '2025-01-01', '2025-01-03'", (r, token) => r.GetBrandVisibilityMetricsAsync(nobody, first, first.AddDays(2), cancellationToken: token)),
            Call("get_visibility_chart", $"{who}, {Range}", (r, token) => r.GetVisibilityChartAsync(brand, customer, from, to, cancellationToken: token)),
            Call("get_visibility_chart", $"{who}, '-infinity', 'infinity', '{{{type}}}'", (r, token) => r.GetVisibilityChartAsync(brand, customer, DateTimeOffset.MinValue, DateTimeOffset.MaxValue, [type], token)),
            Call("get_visibility_chart", $"'{brand}', '{nobody}', {Range}", (r, token) => r.GetVisibilityChartAsync(brand, nobody, from, to, cancellationToken: token)),
            Call("get_competitor_visibility_trend", $"'{brand}', '{competitor}', {Range}", (r, token) => r.GetCompetitorVisibilityTrendAsync(brand, competitor, from, to, token)),
            Call("get_competitor_visibility_trend", $"'{brand}', 'nobody', {Range}", (r, token) => r.GetCompetitorVisibilityTrendAsync(brand, "nobody", from, to, token)),
            Call("get_topic_metrics", $"{who}, {Range}", (r, token) => r.GetTopicMetricsAsync(brand, customer, from, to, cancellationToken: token)),
            Call("get_topic_metrics", $"{who}, {Range}, '{{none}}'", (r, token) => r.GetTopicMetricsAsync(brand, customer, from, to, ["none"], token)),
            Call("get_keyword_presence", "NULL", (r, token) => r.GetKeywordPresenceAsync(null, cancellationToken: token)),
            Call("get_keyword_presence", $"'{{1,2,3,4,5}}', '{type}', {Range}", (r, token) => r.GetKeywordPresenceAsync([1, 2, 3, 4, 5], type, from, to, token)),
            Call("get_keyword_presence", "'{}'", (r, token) => r.GetKeywordPresenceAsync([], cancellationToken: token)),
            Call("get_prompt_metrics", $"{who}, {Range}", (r, token) => r.GetPromptMetricsAsync(brand, customer, from, to, cancellationToken: token)),
            Call("get_prompt_metrics", $"{who}, {Range}, '{{{query}}}', '{{3,5}}', '{{{type}}}'", (r, token) => r.GetPromptMetricsAsync(brand, customer, from, to, [query], [3, 5], [type], token)),
            Call("get_prompt_metrics", $"{who}, {Range}, '{{}}'", (r, token) => r.GetPromptMetricsAsync(brand, customer, from, to, [], cancellationToken: token)),
            Call("get_source_metrics", $"'{brand}', NULL", (r, token) => r.GetSourceMetricsAsync(brand, null, token)),
            Call("get_source_metrics", $"'{brand}', '{{1,2,3}}'", (r, token) => r.GetSourceMetricsAsync(brand, [1, 2, 3], token)),
            Call("get_source_metrics", $"'{nobody}', '{{1}}'", (r, token) => r.GetSourceMetricsAsync(nobody, [1], token)),
        ];
    }

    private static JsonArray Json<T>(T rows) => (JsonArray)JsonNode.Parse(JsonSerializer.Serialize<object>(rows is IEnumerable ? rows : new[] { rows }, Columns))!;
}
