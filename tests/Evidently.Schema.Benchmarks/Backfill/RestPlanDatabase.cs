using System.Text.Json;
using System.Text.Json.Nodes;

namespace Evidently.Schema.Benchmarks.Backfill;

/// <summary>Over PostgREST, as the plan's script works with supabase-js.</summary>
internal sealed class RestPlanDatabase : PlanDatabase
{
    private readonly RestRequests _requests;

    private RestPlanDatabase(RestRequests requests) => _requests = requests;

    public override object NoSentences => new JsonArray();

    /// <inheritdoc cref="RestRequests.StartAsync"/>
    public static async Task<RestPlanDatabase> StartAsync(string program, string connectionString, CancellationToken ct) => new(await RestRequests.StartAsync(program, connectionString, ct));

    public override async Task<List<Dictionary<string, object>>> BrandRowsAsync(int limit, int offset, CancellationToken ct) =>
        Rows(await _requests.SendAsync(HttpMethod.Get, $"extracted_positions?select=*&competitor_name=is.null&order=id.asc&offset={offset}&limit={limit}", ct));

    public override async Task<List<Dictionary<string, object>>> CompetitorRowsAsync(object result, CancellationToken ct) =>
        Rows(await _requests.SendAsync(HttpMethod.Get, $"extracted_positions?select=*&collector_result_id=eq.{result}&competitor_name=not.is.null", ct));

    public override async Task<object?> CompetitorAsync(object brand, object name, CancellationToken ct)
    {
        var found = await _requests.SendAsync(HttpMethod.Get, $"brand_competitors?select=id&brand_id=eq.{brand}&competitor_name=eq.{Uri.EscapeDataString($"{name}")}", ct);
        return found.AsArray() is [{ } competitor] ? competitor["id"] : null;
    }

    public override async Task<object> InsertFactAsync(IEnumerable<(string Column, object Value)> values, CancellationToken ct) =>
        (await _requests.SendAsync(HttpMethod.Post, "metric_facts?select=*", ct, Row(values), representation: true, single: true))["id"]!;

    public override Task InsertAsync(string table, IReadOnlyList<(string Column, object Value)> values, CancellationToken ct) => _requests.SendAsync(HttpMethod.Post, table, ct, Row(values));

    public override bool Truthy(object value) => value is JsonValue given && given.GetValueKind() switch
    {
        JsonValueKind.Number => given.GetValue<decimal>() != 0,
        JsonValueKind.String => given.GetValue<string>().Length > 0,
        var kind => kind is JsonValueKind.True,
    };

    public override ValueTask DisposeAsync() => _requests.DisposeAsync();

    private static List<Dictionary<string, object>> Rows(JsonNode answer) =>
        [.. answer.AsArray().Select(row => row!.AsObject().ToDictionary(column => column.Key, column => column.Value ?? (object)DBNull.Value, StringComparer.Ordinal))];

    private static JsonObject Row(IEnumerable<(string Column, object Value)> values) => new(values.Select(value => KeyValuePair.Create(value.Column, (value.Value as JsonNode)?.DeepClone())));
}
