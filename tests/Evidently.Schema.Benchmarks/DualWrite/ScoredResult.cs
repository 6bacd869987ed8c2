using Npgsql;

namespace Evidently.Schema.Benchmarks.DualWrite;

/// <summary>What the application knows of a scored answer: its brand row and a row per competitor, values by column.</summary>
internal sealed record ScoredResult(long Id, Dictionary<string, object> Brand, IReadOnlyList<Dictionary<string, object>> Competitors)
{
    /// <summary>The columns the application's INSERT gives; label and score follow minutes later.</summary>
    public static readonly string[] Columns =
    [
        "collector_result_id", "customer_id", "brand_id", "query_id", "collector_type", "competitor_name", "visibility_index",
        "visibility_index_competitor", "share_of_answers_brand", "share_of_answers_competitor", "has_brand_presence", "brand_first_position",
        "brand_positions", "competitor_positions", "total_brand_mentions", "competitor_mentions", "total_word_count", "processed_at", "created_at",
        "brand_name", "topic", "metadata", "raw_answer",
    ];

    public IEnumerable<Dictionary<string, object>> Rows => [Brand, .. Competitors];

    /// <summary>New results made of the rows of old ones: <paramref name="count"/> from the first on, numbered from <paramref name="firstId"/>.
    /// Their collector_results are inserted, as the collector does before anything is scored.</summary>
    public static async Task<IReadOnlyList<ScoredResult>> CollectAsync(NpgsqlConnection connection, int count, long firstId, CancellationToken ct)
    {
        await Statement.ExecuteAsync(connection, BenchmarkSql.Read("CollectResults.sql"), ct, firstId, (long)count);
        var rows = await Statement.SelectAsync(connection, BenchmarkSql.Read("RowsToScore.sql"), ct, (long)count);
        return
        [
            .. rows.GroupBy(row => (long)row["collector_result_id"]).Select(rows =>
            {
                var id = firstId + rows.Key;
                foreach (var row in rows)
                {
                    row["collector_result_id"] = id;
                }

                return new ScoredResult(id, rows.Single(row => row["competitor_name"] is DBNull), [.. rows.Where(row => row["competitor_name"] is not DBNull)]);
            }),
        ];
    }
}
