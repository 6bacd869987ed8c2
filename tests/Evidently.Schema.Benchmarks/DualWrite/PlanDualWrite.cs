using Npgsql;

namespace Evidently.Schema.Benchmarks.DualWrite;

/// <summary>
/// The plan's savePositionsToNewSchema (its phase 3.1), statement by statement, each its own transaction, on the application's side. In
/// its favour: no PostgREST in between (<see cref="RestWriter"/> has one), and statements are prepared. It writes no sentiment that comes later, and nothing when a result
/// is scored again.
/// </summary>
internal sealed class PlanDualWrite(NpgsqlConnection connection)
{
    public async Task SaveAsync(ScoredResult result, CancellationToken ct)
    {
        // Step 1: insert metric_fact
        var brand = result.Brand;
        var fact = await Statement.SelectAsync(
            connection,
            """
            INSERT INTO metric_facts (collector_result_id, brand_id, customer_id, query_id, collector_type, topic, processed_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING *
            """,
            ct,
            [result.Id, .. Statement.Values(brand, "brand_id", "customer_id", "query_id", "collector_type", "topic"), DateTime.UtcNow]);
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
            [
                factId,
                .. Statement.Values(
                    brand, "visibility_index", "share_of_answers_brand", "has_brand_presence", "brand_first_position", "brand_positions", "total_brand_mentions", "total_word_count"),
            ]);

        // Step 3: brand_sentiment, if exists: not when positions are saved, label and score come later.
        // Step 4: insert competitor_metrics
        foreach (var row in result.Competitors)
        {
            var competitor = await Statement.SelectAsync(
                connection,
                "SELECT id FROM brand_competitors WHERE brand_id = $1 AND competitor_name = $2",
                ct,
                brand["brand_id"],
                row["competitor_name"]);
            if (competitor.Count > 0)
            {
                await Statement.ExecuteAsync(
                    connection,
                    """
                    INSERT INTO competitor_metrics (metric_fact_id, competitor_id, visibility_index, share_of_answers, competitor_positions, competitor_mentions)
                    VALUES ($1, $2, $3, $4, $5, $6)
                    """,
                    ct,
                    [
                        factId, competitor[0]["id"],
                        .. Statement.Values(row, "visibility_index_competitor", "share_of_answers_competitor", "competitor_positions", "competitor_mentions"),
                    ]);
            }
        }
    }
}
