namespace Evidently.Schema.Benchmarks.Backfill;

/// <summary>
/// The plan's script (its phase 2.1), statement by statement: batches of 500 brand rows by OFFSET, everything selected, one INSERT per
/// fact and child row, one SELECT per competitor, each statement its own transaction, and a pause of 100 ms after each batch, timed
/// apart. Over PostgREST, as supabase-js sends it, or in its favour without, as <paramref name="database"/> is.
/// Fewer than <paramref name="total"/> results are a sample: batches spread evenly over history, because a later OFFSET costs more.
/// </summary>
internal sealed class PlanScript(PlanDatabase database, int results, int total)
{
    private const int BatchSize = 500;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Migrates; returns the number of legacy rows it has migrated, and the seconds it took, pauses and without.</summary>
    public async Task<(int Rows, double Seconds, double WithoutPauses)> RunAsync(CancellationToken ct)
    {
        var started = TimeProvider.System.GetTimestamp();
        var paused = TimeSpan.Zero;
        var batches = (results + BatchSize - 1) / BatchSize;
        var migrated = 0;
        var rows = 0;
        for (var batch = 0; batch < batches; batch++)
        {
            var offset = (int)((long)batch * total / batches);
            var brandRows = await database.BrandRowsAsync(Math.Min(BatchSize, results - migrated), offset, ct);
            foreach (var brandRow in brandRows)
            {
                rows += 1 + await MigrateSingleResultAsync(brandRow, ct);
                migrated++;
            }

            // A sample of less than a batch pauses as much less.
            var pausing = TimeProvider.System.GetTimestamp();
            await Task.Delay(Pause * brandRows.Count / BatchSize, ct);
            paused += TimeProvider.System.GetElapsedTime(pausing);
        }

        var seconds = TimeProvider.System.GetElapsedTime(started);
        return (rows, seconds.TotalSeconds, (seconds - paused).TotalSeconds);
    }

    private async Task<int> MigrateSingleResultAsync(Dictionary<string, object> brandRow, CancellationToken ct)
    {
        // Step 1: insert metric_fact
        var factId = await database.InsertFactAsync(
            Copied(brandRow, "collector_result_id", "brand_id", "customer_id", "query_id", "collector_type", "topic", "processed_at", "created_at"), ct);

        // Step 2: insert brand_metrics
        await database.InsertAsync(
            "brand_metrics",
            [
                ("metric_fact_id", factId), ("share_of_answers", brandRow["share_of_answers_brand"]),
                .. Copied(brandRow, "visibility_index", "has_brand_presence", "brand_first_position", "brand_positions", "total_brand_mentions", "total_word_count"),
            ],
            ct);

        // Step 3: insert brand_sentiment, if there is any
        if (database.Truthy(brandRow["sentiment_label"]) || database.Truthy(brandRow["sentiment_score"]))
        {
            await database.InsertAsync(
                "brand_sentiment",
                [
                    ("metric_fact_id", factId), .. Copied(brandRow, "sentiment_label", "sentiment_score"),
                    ("positive_sentences", Sentences(brandRow["sentiment_positive_sentences"])), ("negative_sentences", Sentences(brandRow["sentiment_negative_sentences"])),
                ],
                ct);
        }

        // Step 4: fetch and insert competitor rows
        var competitorRows = await database.CompetitorRowsAsync(brandRow["collector_result_id"], ct);
        foreach (var row in competitorRows)
        {
            if (await database.CompetitorAsync(brandRow["brand_id"], row["competitor_name"], ct) is { } competitorId)
            {
                await MigrateCompetitorAsync(factId, competitorId, row, ct);
            }
        }

        return competitorRows.Count;
    }

    private async Task MigrateCompetitorAsync(object factId, object competitorId, Dictionary<string, object> row, CancellationToken ct)
    {
        await database.InsertAsync(
            "competitor_metrics",
            [
                ("metric_fact_id", factId), ("competitor_id", competitorId),
                ("visibility_index", row["visibility_index_competitor"]), ("share_of_answers", row["share_of_answers_competitor"]),
                .. Copied(row, "competitor_positions", "competitor_mentions"),
            ],
            ct);
        if (database.Truthy(row["sentiment_label_competitor"]) || database.Truthy(row["sentiment_score_competitor"]))
        {
            await database.InsertAsync(
                "competitor_sentiment",
                [
                    ("metric_fact_id", factId), ("competitor_id", competitorId),
                    ("sentiment_label", row["sentiment_label_competitor"]), ("sentiment_score", row["sentiment_score_competitor"]),
                    ("positive_sentences", Sentences(row["sentiment_positive_sentences_competitor"])),
                    ("negative_sentences", Sentences(row["sentiment_negative_sentences_competitor"])),
                ],
                ct);
        }
    }

    private static IEnumerable<(string Column, object Value)> Copied(Dictionary<string, object> row, params string[] columns) => columns.Select(column => (column, row[column]));

    private object Sentences(object value) => value is DBNull ? database.NoSentences : value;
}
