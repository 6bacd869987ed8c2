namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>The star as tables of text, the rejected rows and the daily view.</summary>
internal sealed class StarTables
{
    /// <summary>Keyed by collector_result_id.</summary>
    public StarTable Facts { get; } = new(
        "metric_facts", "brand_id", "customer_id", "query_id", "collector_type", "topic", "processed_at", "created_at");

    /// <summary>Keyed by collector_result_id.</summary>
    public StarTable BrandMetrics { get; } = new(
        "brand_metrics", "visibility_index", "share_of_answers", "has_brand_presence", "brand_first_position",
        "brand_positions", "total_brand_mentions", "total_word_count");

    /// <summary>Keyed by collector_result_id/competitor_id.</summary>
    public StarTable CompetitorMetrics { get; } = new(
        "competitor_metrics", "visibility_index", "share_of_answers", "competitor_positions", "competitor_mentions");

    /// <summary>Keyed by collector_result_id.</summary>
    public StarTable BrandSentiment { get; } = new("brand_sentiment", SentimentColumns);

    /// <summary>Keyed by collector_result_id/competitor_id.</summary>
    public StarTable CompetitorSentiment { get; } = new("competitor_sentiment", SentimentColumns);

    /// <summary>Keyed by legacy_id.</summary>
    public StarTable Rejected { get; } = new("evidently_schema.rejected_rows", "collector_result_id", "reason");

    /// <summary>Keyed by brand/customer/collector type/day.</summary>
    public StarTable Daily { get; } = new(
        "mv_brand_daily_metrics", "avg_visibility", "avg_share", "presence_count", "total_responses", "avg_sentiment",
        "positive_count", "negative_count", "neutral_count", "first_response", "last_response", "sum_visibility",
        "visibility_count", "sum_share", "share_count", "sum_sentiment", "sentiment_count");

    /// <summary>processed_at by collector_result_id, for the daily view.</summary>
    public Dictionary<string, PgTime> Times { get; } = new(StringComparer.Ordinal);

    /// <summary>The five star tables.</summary>
    public IReadOnlyList<StarTable> Star => [Facts, BrandMetrics, CompetitorMetrics, BrandSentiment, CompetitorSentiment];

    private static string[] SentimentColumns =>
        ["sentiment_label", "sentiment_score", "positive_sentences", "negative_sentences"];

    public static string Key(long resultId) => resultId.ToString();

    public static string Key(long resultId, string competitorId) => $"{resultId}/{competitorId}";

    public static string Key(string brandId, string customerId, string collectorType, PgTime day) =>
        $"{brandId}/{customerId}/{collectorType}/{day}";
}
