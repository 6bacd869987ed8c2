namespace Evidently.Schema.Hosting;

/// <summary>A competitor in one result of the brand: a row of <c>get_competitor_visibility_trend</c>. Values are as stored.</summary>
public sealed record CompetitorVisibility
{
    /// <summary>The result.</summary>
    public required long CollectorResultId { get; init; }

    /// <summary>When it was scored, UTC.</summary>
    public required DateTimeOffset ProcessedAt { get; init; }

    /// <summary>Which engine answered.</summary>
    public required string CollectorType { get; init; }

    /// <summary>The competitor's visibility, 0 to 1.</summary>
    public required decimal? VisibilityIndex { get; init; }

    /// <summary>The competitor's share of answers, percent: 0 to 100.</summary>
    public required decimal? ShareOfAnswers { get; init; }

    /// <summary>The competitor's sentiment score, 1 to 100 (old rows: −1 to 1).</summary>
    public required decimal? SentimentScore { get; init; }
}
