using System.Text.Json;
using System.Text.Json.Nodes;

namespace Evidently.Schema.Benchmarks.DualWrite;

/// <summary>
/// The application as the plan has it, on supabase-js: each statement is a request to PostgREST, on the same machine as the server. What it sends is what
/// <see cref="ApplicationWriter"/>, <see cref="PlanDualWrite"/> and <see cref="StarWriter"/> send.
/// </summary>
internal sealed class RestWriter : IAsyncDisposable
{
    /// <summary>What <see cref="StarWriter"/> gives, by the names it has in legacy.</summary>
    private static readonly string[] StarColumns =
    [
        "customer_id", "brand_id", "query_id", "collector_type", "competitor_name", "visibility_index", "visibility_index_competitor", "share_of_answers_brand",
        "share_of_answers_competitor", "has_brand_presence", "brand_first_position", "brand_positions", "competitor_positions", "total_brand_mentions",
        "competitor_mentions", "total_word_count", "processed_at", "topic",
    ];

    private static readonly string InsertPath = $"extracted_positions?columns={Uri.EscapeDataString(string.Join(',', ScoredResult.Columns.Select(column => $"\"{column}\"")))}";

    private readonly RestRequests _requests;

    private RestWriter(RestRequests requests) => _requests = requests;

    /// <inheritdoc cref="RestRequests.StartAsync"/>
    public static async Task<RestWriter> StartAsync(string program, string connectionString, CancellationToken ct) => new(await RestRequests.StartAsync(program, connectionString, ct));

    /// <summary>savePositions: <c>.delete().eq(…)</c>, then <c>.insert([…])</c>.</summary>
    public async Task SaveAsync(ScoredResult result, CancellationToken ct)
    {
        await _requests.SendAsync(HttpMethod.Delete, $"extracted_positions?collector_result_id=eq.{result.Id}", ct);
        await _requests.SendAsync(HttpMethod.Post, InsertPath, ct, new JsonArray([.. result.Rows.Select(row => Row(row, ScoredResult.Columns))]));
    }

    /// <summary><c>.update(…).eq(…)</c>, of the brand row and of each competitor row.</summary>
    public async Task SaveSentimentAsync(ScoredResult result, CancellationToken ct)
    {
        await _requests.SendAsync(HttpMethod.Patch, $"extracted_positions?collector_result_id=eq.{result.Id}&competitor_name=is.null", ct, Row(result.Brand, "sentiment_label", "sentiment_score"));
        foreach (var row in result.Competitors)
        {
            await _requests.SendAsync(
                HttpMethod.Patch,
                $"extracted_positions?collector_result_id=eq.{result.Id}&competitor_name=eq.{Uri.EscapeDataString((string)row["competitor_name"])}",
                ct,
                Row(row, "sentiment_label_competitor", "sentiment_score_competitor"));
        }
    }

    /// <summary>The plan's savePositionsToNewSchema.</summary>
    public async Task SaveToNewSchemaAsync(ScoredResult result, CancellationToken ct)
    {
        // Step 1: .insert(…).select().single()
        var fact = Row(result.Brand, "brand_id", "customer_id", "query_id", "collector_type", "topic");
        fact["collector_result_id"] = result.Id;
        fact["processed_at"] = Value(DateTime.UtcNow);
        var made = await _requests.SendAsync(HttpMethod.Post, "metric_facts?select=*", ct, fact, representation: true, single: true);
        var factId = made["id"]!;

        // Step 2
        var metrics = Row(result.Brand, "visibility_index", "has_brand_presence", "brand_first_position", "brand_positions", "total_brand_mentions", "total_word_count");
        metrics["metric_fact_id"] = factId.DeepClone();
        metrics["share_of_answers"] = Value(result.Brand["share_of_answers_brand"]);
        await _requests.SendAsync(HttpMethod.Post, "brand_metrics", ct, metrics);

        // Step 4; 3 is not due when positions are saved.
        foreach (var row in result.Competitors)
        {
            var competitor = await _requests.SendAsync(
                HttpMethod.Get,
                $"brand_competitors?select=id&brand_id=eq.{result.Brand["brand_id"]}&competitor_name=eq.{Uri.EscapeDataString((string)row["competitor_name"])}",
                ct,
                single: true);
            await _requests.SendAsync(HttpMethod.Post, "competitor_metrics", ct, new JsonObject
            {
                ["metric_fact_id"] = factId.DeepClone(),
                ["competitor_id"] = competitor["id"]!.DeepClone(),
                ["visibility_index"] = Value(row["visibility_index_competitor"]),
                ["share_of_answers"] = Value(row["share_of_answers_competitor"]),
                ["competitor_positions"] = Value(row["competitor_positions"]),
                ["competitor_mentions"] = Value(row["competitor_mentions"]),
            });
        }
    }

    /// <summary>The star alone: <c>.schema('evidently_schema').rpc('save_positions', …)</c>.</summary>
    public async Task SavePositionsAsync(ScoredResult result, CancellationToken ct) => await _requests.SendAsync(
        HttpMethod.Post,
        "rpc/save_positions",
        ct,
        new JsonObject
        {
            ["p_collector_result_id"] = result.Id,
            ["p_brand"] = Row(result.Brand, StarColumns),
            ["p_competitors"] = new JsonArray([.. result.Competitors.Select(row => Row(row, StarColumns))]),
        },
        schema: "evidently_schema");

    public ValueTask DisposeAsync() => _requests.DisposeAsync();

    private static JsonObject Row(Dictionary<string, object> row, params string[] columns) =>
        new(columns.Select(column => KeyValuePair.Create(column, column is "metadata" && row[column] is string json ? JsonNode.Parse(json) : Value(row[column]))));

    private static JsonNode? Value(object value) => value is DBNull ? null : JsonSerializer.SerializeToNode(value, value.GetType());
}
