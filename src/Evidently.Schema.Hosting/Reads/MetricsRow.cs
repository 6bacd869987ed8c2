using Npgsql;

namespace Evidently.Schema.Hosting.Reads;

/// <summary>The records of the statements beside it; column 0 is who answered. What the star lacks of a fact's brand row reads as its columns' defaults.</summary>
internal static class MetricsRow
{
    public static DashboardMetrics Dashboard(NpgsqlDataReader reader) => new()
    {
        TotalResponses = reader.GetInt64(1),
        Prompts = reader.GetInt64(2),
        Visibility = Number(reader, 3),
        ShareOfAnswers = Number(reader, 4),
        Sentiment = Number(reader, 5),
        BrandPresence = Number(reader, 6),
    };

    public static BrandDailyMetrics BrandDay(NpgsqlDataReader reader) => new()
    {
        MetricDate = reader.GetFieldValue<DateOnly>(1),
        BrandId = reader.GetGuid(2),
        CustomerId = reader.GetGuid(3),
        CollectorType = reader.GetString(4),
        AvgVisibility = Number(reader, 5),
        AvgShare = Number(reader, 6),
        PresenceCount = reader.GetInt64(7),
        TotalResponses = reader.GetInt64(8),
        AvgSentiment = Number(reader, 9),
        PositiveCount = reader.GetInt64(10),
        NegativeCount = reader.GetInt64(11),
        NeutralCount = reader.GetInt64(12),
        FirstResponse = reader.GetFieldValue<DateTimeOffset>(13),
        LastResponse = reader.GetFieldValue<DateTimeOffset>(14),
        SumVisibility = Number(reader, 15),
        VisibilityCount = reader.GetInt64(16),
        SumShare = Number(reader, 17),
        ShareCount = reader.GetInt64(18),
        SumSentiment = Number(reader, 19),
        SentimentCount = reader.GetInt64(20),
    };

    public static VisibilityChartPoint ChartPoint(NpgsqlDataReader reader) => new()
    {
        MetricDate = reader.GetFieldValue<DateOnly>(1),
        CollectorType = reader.GetString(2),
        Visibility = Number(reader, 3),
        ShareOfAnswers = Number(reader, 4),
        Sentiment = Number(reader, 5),
        BrandPresence = reader.GetDecimal(6),
        Responses = reader.GetInt64(7),
    };

    public static CompetitorVisibility Competitor(NpgsqlDataReader reader) => new()
    {
        CollectorResultId = reader.GetInt64(1),
        ProcessedAt = reader.GetFieldValue<DateTimeOffset>(2),
        CollectorType = reader.GetString(3),
        VisibilityIndex = Number(reader, 4),
        ShareOfAnswers = Number(reader, 5),
        SentimentScore = Number(reader, 6),
    };

    public static TopicMetrics Topic(NpgsqlDataReader reader) => new()
    {
        Responses = reader.GetInt64(1),
        Topic = Text(reader, 2),
        Visibility = Number(reader, 3),
        ShareOfAnswers = Number(reader, 4),
        Sentiment = Number(reader, 5),
        BrandPresence = reader.GetDecimal(6),
        CompetitorShareOfAnswers = Number(reader, 7),
    };

    public static KeywordPresence Keyword(NpgsqlDataReader reader) => new()
    {
        CollectorResultId = reader.GetInt64(1),
        HasBrandPresence = reader.GetFieldValue<bool?>(2) ?? false,
        CreatedAt = reader.GetFieldValue<DateTimeOffset>(3),
        CollectorType = reader.GetString(4),
    };

    public static PromptMetrics Prompt(NpgsqlDataReader reader) => new()
    {
        CollectorResultId = reader.GetInt64(1),
        QueryId = reader.GetGuid(2),
        CollectorType = reader.GetString(3),
        Visibility = Number(reader, 4),
        Sentiment = Number(reader, 5),
        BrandMentions = reader.GetFieldValue<int?>(6) ?? 0,
        CompetitorMentions = reader.GetInt64(7),
        Competitors = reader.GetFieldValue<string[]>(8),
    };

    public static SourceMetrics Source(NpgsqlDataReader reader) => new()
    {
        CollectorResultId = reader.GetInt64(1),
        ShareOfAnswers = Number(reader, 2),
        Visibility = Number(reader, 3),
        Sentiment = Number(reader, 4),
        BrandMentions = reader.GetFieldValue<int?>(5) ?? 0,
        Topic = Text(reader, 6),
    };

    private static decimal? Number(NpgsqlDataReader reader, int column) => reader.GetFieldValue<decimal?>(column);

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}
