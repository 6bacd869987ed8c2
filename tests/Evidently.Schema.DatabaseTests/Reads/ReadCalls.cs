using Evidently.Schema.DatabaseTests.Oracle;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Reads;

/// <summary>Calls that a database's own rows suggest: both ends of a range exactly on a row, in the middle of days, empty, endless and NULL.</summary>
internal static class ReadCalls
{
    private const string Day = "86400";

    public static async Task<List<ReadCall>> SuggestAsync(NpgsqlConnection connection, int seed)
    {
        var random = new Random(seed);
        var brands = await ListAsync(
            connection,
            """
            SELECT b.id::text FROM (SELECT ep.brand_id AS id, count(*) AS n FROM public.extracted_positions AS ep WHERE ep.brand_id IS NOT NULL GROUP BY 1) AS b
            ORDER BY b.n DESC, b.id LIMIT 3
            """);
        var calls = new List<ReadCall>();
        foreach (var brand in brands.Append("00000000-0000-0000-0000-000000000000"))
        {
            var customers = await ListAsync(connection, $"SELECT customer_id::text FROM public.extracted_positions WHERE brand_id = '{brand}' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 2");
            var times = await ListAsync(
                connection,
                $"""
                SELECT t.epoch FROM (SELECT DISTINCT {OneSnapshot.Epoch("v.at")} AS epoch, v.at FROM public.extracted_positions AS ep
                    CROSS JOIN LATERAL (VALUES (ep.processed_at), (ep.created_at)) AS v (at)
                    WHERE ep.brand_id = '{brand}' AND v.at > '2000-01-01' AND v.at < '2100-01-01') AS t ORDER BY t.at
                """);
            var results = (await ListAsync(connection, $"SELECT DISTINCT collector_result_id::text FROM public.extracted_positions WHERE brand_id = '{brand}' AND collector_result_id IS NOT NULL ORDER BY 1"))
                .ConvertAll(long.Parse);
            var queries = await ListAsync(connection, $"SELECT DISTINCT query_id::text FROM public.extracted_positions WHERE brand_id = '{brand}' AND query_id IS NOT NULL ORDER BY 1 LIMIT 3");
            var competitors = await ListAsync(connection, $"SELECT competitor_name FROM public.brand_competitors WHERE brand_id = '{brand}' ORDER BY 1 LIMIT 2");
            (string? From, string? To)[] ranges = times.Count == 0
                ? [("-Infinity", "Infinity")]
                : [("-Infinity", "Infinity"), Range(random, times), Range(random, times), (times[0], times[0]), (times[^1], Day), (null, times[^1])];
            foreach (var (from, to) in ranges)
            {
                foreach (var customer in customers.DefaultIfEmpty(brand).Cast<string?>())
                {
                    calls.AddRange(Ranged(brand, string.IsNullOrEmpty(customer) ? null : customer, from, to, random, results, queries));
                }

                calls.Add(new("get_brand_visibility_metrics", brand, From: from, To: to) { Types = random.Next(3) == 0 ? ["chatgpt", "dirt"] : null });
                calls.AddRange(competitors.Append("no such name").Select(name => new ReadCall("get_competitor_visibility_trend", brand, From: from, To: to) { Competitor = name }));
            }

            long[] some = [.. results.Where(_ => random.Next(2) == 0), 987654321];
            calls.Add(new("get_keyword_presence") { Results = some });
            calls.Add(new("get_keyword_presence") { Results = some, CollectorType = "chatgpt", From = ranges[^1].To, To = "Infinity" });
            calls.Add(new("get_source_metrics", brand) { Results = some });
            calls.Add(new("get_source_metrics", brand));
        }

        calls.Add(new("get_keyword_presence"));
        return calls;
    }

    private static IEnumerable<ReadCall> Ranged(string brand, string? customer, string? from, string? to, Random random, List<long> results, List<string> queries)
    {
        string[]? types = random.Next(3) == 0 ? ["chatgpt", "gemini", "dirt"] : null;
        yield return new("get_dashboard_metrics", brand, customer, from, to) { Types = types };
        yield return new("get_visibility_chart", brand, customer, from, to) { Types = types };
        yield return new("get_topic_metrics", brand, customer, from, to) { Types = types };
        yield return new("get_prompt_metrics", brand, customer, from, to) { Types = types };
        yield return new("get_prompt_metrics", brand, customer, from, to)
        {
            Queries = random.Next(2) == 0 ? [.. queries.Take(1)] : null,
            Results = random.Next(2) == 0 ? [.. results.Take(7)] : null,
        };
    }

    /// <summary>From one row's time to another's, or to a moment later or earlier.</summary>
    private static (string From, string To) Range(Random random, List<string> times)
    {
        var from = random.Next(times.Count);
        var to = random.Next(from, times.Count);
        return (times[from], random.Next(3) switch
        {
            0 => times[to],
            1 => (ExactDecimal.Parse(times[to]).Round(6).Unscaled + 1) is var micros ? $"{micros / 1_000_000}.{micros % 1_000_000:000000}" : times[to],
            _ => (ExactDecimal.Parse(times[to]).Round(6).Unscaled + random.Next(1, 86_400) * 1_000_000L) is var later ? $"{later / 1_000_000}.{later % 1_000_000:000000}" : times[to],
        });
    }

    private static async Task<List<string>> ListAsync(NpgsqlConnection connection, string sql)
    {
        var list = new List<string>();
        await foreach (var values in OneSnapshot.QueryAsync(connection, sql, CancellationToken.None))
        {
            list.Add(values[0] ?? string.Empty);
        }

        return list;
    }
}
