using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.Packages;

namespace Evidently.Schema.DatabaseTests.PostgRest;

/// <summary>A call of <c>rpc(…)</c> in docs/reads.md, with values for the variables it names.</summary>
internal sealed partial record DocumentedCall(string Function, JsonObject Arguments)
{
    /// <summary>supabase-js's <c>{ get: true }</c>: the same in the address, arrays as PostgreSQL writes them.</summary>
    public string Query => $"rpc/{Function}?{string.Join('&', Arguments.Select(argument => $"{argument.Key}={Uri.EscapeDataString(Literal(argument.Value!))}"))}";

    /// <summary>A function of these parameters, as it is called in SQL.</summary>
    public string Sql(string schemaAndPrefix) =>
        $"{schemaAndPrefix}{Function}({string.Join(", ", Arguments.Select(argument => $"{argument.Key} => '{Literal(argument.Value!)}'"))})";

    public static async Task<List<DocumentedCall>> AllAsync(StarDatabase database)
    {
        var brand = await database.ScalarAsync<Guid>("SELECT brand_id FROM metric_facts WHERE collector_result_id = 1");
        var customer = await database.ScalarAsync<Guid>("SELECT customer_id FROM metric_facts WHERE collector_result_id = 1");
        var values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["brandId"] = $"\"{brand}\"",
            ["customerId"] = $"\"{customer}\"",
            ["from"] = "\"2000-01-01T00:00:00.000Z\"",
            ["to"] = "\"2100-01-01T00:00:00.000Z\"",
            ["resultIds"] = Json(await database.ListAsync($"SELECT collector_result_id FROM metric_facts WHERE brand_id = '{brand}' ORDER BY 1"), quote: string.Empty),
            ["queryIds"] = Json(await database.ListAsync($"SELECT DISTINCT query_id FROM metric_facts WHERE brand_id = '{brand}' ORDER BY 1"), quote: "\""),
            ["'Acme'"] = $"\"{await database.ScalarAsync<string>($"SELECT competitor_name FROM brand_competitors WHERE brand_id = '{brand}' ORDER BY 1 LIMIT 1")}\"",
            ["'chatgpt'"] = $"\"{await database.ScalarAsync<string>("SELECT collector_type FROM metric_facts WHERE collector_result_id = 1")}\"",
            ["'2026-03-01'"] = "\"2000-01-01\"",
            ["'2026-03-07'"] = "\"2099-12-31\"",
        };
        var text = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "docs", "reads.md"));
        return [.. Rpc().Matches(text).Select(call => new DocumentedCall(call.Groups["name"].Value, new(Argument().Matches(call.Groups["arguments"].Value).Select(argument =>
            KeyValuePair.Create(argument.Groups["name"].Value, JsonNode.Parse(Value().Replace(argument.Groups["value"].Value, value => values[value.Value])))))))];
    }

    private static string Json(IEnumerable<string> items, string quote) => $"[{string.Join(',', items.Select(item => quote + item + quote))}]";

    private static string Literal(JsonNode value) => value is JsonArray items ? $"{{{string.Join(',', items.Select(item => $"{item}"))}}}" : $"{value}";

    [GeneratedRegex(@"rpc\('(?<name>\w+)',\s*\{(?<arguments>[^}]*)\}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Rpc();

    [GeneratedRegex(@"(?<name>p_\w+):\s*(?<value>\[[^\]]*\]|[^,\s]+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Argument();

    [GeneratedRegex(@"'[^']*'|\w+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Value();
}
