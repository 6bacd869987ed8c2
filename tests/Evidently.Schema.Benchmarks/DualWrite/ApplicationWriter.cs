using Npgsql;

namespace Evidently.Schema.Benchmarks.DualWrite;

/// <summary>The application's own writer, each statement its own transaction, prepared.</summary>
internal sealed class ApplicationWriter(NpgsqlConnection connection)
{
    /// <summary>savePositions: DELETE all rows of the result, then one multi-row INSERT, brand row first.</summary>
    public async Task SaveAsync(ScoredResult result, CancellationToken ct)
    {
        await Statement.ExecuteAsync(connection, "DELETE FROM extracted_positions WHERE collector_result_id = $1", ct, result.Id);
        var columns = ScoredResult.Columns;
        var rows = Enumerable.Range(0, 1 + result.Competitors.Count)
            .Select(row => $"({string.Join(", ", Enumerable.Range((row * columns.Length) + 1, columns.Length).Select(n => $"${n}"))})");
        await Statement.ExecuteAsync(
            connection,
            $"INSERT INTO extracted_positions ({string.Join(", ", columns)}) VALUES {string.Join(", ", rows)}",
            ct,
            [.. result.Rows.SelectMany(row => Statement.Values(row, columns))]);
    }

    /// <summary>Minutes later: label and score, of the brand row and of each competitor row.</summary>
    public async Task SaveSentimentAsync(ScoredResult result, CancellationToken ct)
    {
        await Statement.ExecuteAsync(
            connection,
            "UPDATE extracted_positions SET sentiment_label = $2, sentiment_score = $3 WHERE collector_result_id = $1 AND competitor_name IS NULL",
            ct,
            [result.Id, .. Statement.Values(result.Brand, "sentiment_label", "sentiment_score")]);
        foreach (var row in result.Competitors)
        {
            await Statement.ExecuteAsync(
                connection,
                """
                UPDATE extracted_positions SET sentiment_label_competitor = $3, sentiment_score_competitor = $4
                WHERE collector_result_id = $1 AND competitor_name = $2
                """,
                ct,
                [result.Id, row["competitor_name"], .. Statement.Values(row, "sentiment_label_competitor", "sentiment_score_competitor")]);
        }
    }
}
