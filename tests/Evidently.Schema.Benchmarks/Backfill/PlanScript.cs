using Npgsql;

namespace Evidently.Schema.Benchmarks.Backfill;

/// <summary>
/// The plan's script (its phase 2.1), statement by statement: batches of 500 brand rows by OFFSET, everything selected, one INSERT per
/// fact and child row, one SELECT per competitor, each statement its own transaction, and a pause of 100 ms after each batch, timed
/// apart. In its favour: no PostgREST, HTTP and JSON in between.
/// Fewer than <paramref name="total"/> results are a sample: batches spread evenly over history, because a later OFFSET costs more.
/// </summary>
internal sealed class PlanScript(NpgsqlDataSource source, int results, int total)
{
    private const int BatchSize = 500;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Migrates; returns the number of legacy rows it has migrated, and the seconds it took, pauses and without.</summary>
    public async Task<(int Rows, double Seconds, double WithoutPauses)> RunAsync(CancellationToken ct)
    {
        await using var connection = await source.OpenConnectionAsync(ct);
        var started = TimeProvider.System.GetTimestamp();
        var paused = TimeSpan.Zero;
        var batches = (results + BatchSize - 1) / BatchSize;
        var migrated = 0;
        var rows = 0;
        for (var batch = 0; batch < batches; batch++)
        {
            var offset = (int)((long)batch * total / batches);
            var brandRows = await Statement.SelectAsync(
                connection,
                "SELECT * FROM extracted_positions WHERE competitor_name IS NULL ORDER BY id ASC LIMIT $1 OFFSET $2",
                ct,
                Math.Min(BatchSize, results - migrated),
                offset);
            foreach (var brandRow in brandRows)
            {
                rows += 1 + await MigrateSingleResultAsync(connection, brandRow, ct);
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

    private static async Task<int> MigrateSingleResultAsync(NpgsqlConnection connection, Dictionary<string, object> brandRow, CancellationToken ct)
    {
        // Step 1: insert metric_fact
        var fact = await Statement.SelectAsync(
            connection,
            """
            INSERT INTO metric_facts (collector_result_id, brand_id, customer_id, query_id, collector_type, topic, processed_at, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING *
            """,
            ct,
            [.. Statement.Values(brandRow, "collector_result_id", "brand_id", "customer_id", "query_id", "collector_type", "topic", "processed_at", "created_at")]);
        var factId = fact[0]["id"];

        // Step 2: insert brand_metrics
        await Statement.ExecuteAsync(
            connection,
            """
            INSERT INTO brand_metrics (metric_fact_id, visibility_index, share_of_answers, has_brand_presence, brand_first_position, brand_positions,
                total_brand_mentions, total_word_count)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            """,
            ct,
            [factId, .. Statement.Values(brandRow, "visibility_index", "share_of_answers_brand", "has_brand_presence", "brand_first_position", "brand_positions", "total_brand_mentions", "total_word_count")]);

        // Step 3: insert brand_sentiment, if there is any
        if (Statement.Truthy(brandRow["sentiment_label"]) || Statement.Truthy(brandRow["sentiment_score"]))
        {
            await Statement.ExecuteAsync(
                connection,
                """
                INSERT INTO brand_sentiment (metric_fact_id, sentiment_label, sentiment_score, positive_sentences, negative_sentences)
                VALUES ($1, $2, $3, $4::jsonb, $5::jsonb)
                """,
                ct,
                [
                    factId, .. Statement.Values(brandRow, "sentiment_label", "sentiment_score"),
                    Sentences(brandRow["sentiment_positive_sentences"]), Sentences(brandRow["sentiment_negative_sentences"]),
                ]);
        }

        // Step 4: fetch and insert competitor rows
        var competitorRows = await Statement.SelectAsync(
            connection,
            "SELECT * FROM extracted_positions WHERE collector_result_id = $1 AND competitor_name IS NOT NULL",
            ct,
            brandRow["collector_result_id"]);
        foreach (var row in competitorRows)
        {
            var competitor = await Statement.SelectAsync(
                connection,
                "SELECT id FROM brand_competitors WHERE brand_id = $1 AND competitor_name = $2",
                ct,
                brandRow["brand_id"],
                row["competitor_name"]);
            if (competitor.Count > 0)
            {
                await MigrateCompetitorAsync(connection, factId, competitor[0]["id"], row, ct);
            }
        }

        return competitorRows.Count;
    }

    private static async Task MigrateCompetitorAsync(
        NpgsqlConnection connection, object factId, object competitorId, Dictionary<string, object> row, CancellationToken ct)
    {
        await Statement.ExecuteAsync(
            connection,
            """
            INSERT INTO competitor_metrics (metric_fact_id, competitor_id, visibility_index, share_of_answers, competitor_positions, competitor_mentions)
            VALUES ($1, $2, $3, $4, $5, $6)
            """,
            ct,
            [
                factId, competitorId,
                .. Statement.Values(row, "visibility_index_competitor", "share_of_answers_competitor", "competitor_positions", "competitor_mentions"),
            ]);
        if (Statement.Truthy(row["sentiment_label_competitor"]) || Statement.Truthy(row["sentiment_score_competitor"]))
        {
            await Statement.ExecuteAsync(
                connection,
                """
                INSERT INTO competitor_sentiment (metric_fact_id, competitor_id, sentiment_label, sentiment_score, positive_sentences, negative_sentences)
                VALUES ($1, $2, $3, $4, $5::jsonb, $6::jsonb)
                """,
                ct,
                [
                    factId, competitorId, .. Statement.Values(row, "sentiment_label_competitor", "sentiment_score_competitor"),
                    Sentences(row["sentiment_positive_sentences_competitor"]), Sentences(row["sentiment_negative_sentences_competitor"]),
                ]);
        }
    }

    private static object Sentences(object value) => value is DBNull ? "[]" : value;
}
