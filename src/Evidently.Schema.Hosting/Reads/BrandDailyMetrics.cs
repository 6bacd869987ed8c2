namespace Evidently.Schema.Hosting;

/// <summary>
/// A UTC day of a brand by customer and collector: a row of <c>get_brand_visibility_metrics</c>, which is one of <c>mv_brand_daily_metrics</c>.
/// Values are as stored. A mean or sum over nothing is <see langword="null"/>. Means of several days: sum the sums, divide by the counts.
/// </summary>
public sealed record BrandDailyMetrics
{
    /// <summary>The brand.</summary>
    public required Guid BrandId { get; init; }

    /// <summary>The customer its results belonged to.</summary>
    public required Guid CustomerId { get; init; }

    /// <summary>Which engine answered.</summary>
    public required string CollectorType { get; init; }

    /// <summary>The UTC day of <c>processed_at</c>.</summary>
    public required DateOnly MetricDate { get; init; }

    /// <summary>Mean visibility, 0 to 1.</summary>
    public required decimal? AvgVisibility { get; init; }

    /// <summary>Mean share of answers, percent: 0 to 100.</summary>
    public required decimal? AvgShare { get; init; }

    /// <summary>Results that name the brand.</summary>
    public required long PresenceCount { get; init; }

    /// <summary>Results.</summary>
    public required long TotalResponses { get; init; }

    /// <summary>Mean sentiment score, 1 to 100 (old rows: −1 to 1).</summary>
    public required decimal? AvgSentiment { get; init; }

    /// <summary>Results labelled POSITIVE.</summary>
    public required long PositiveCount { get; init; }

    /// <summary>Results labelled NEGATIVE.</summary>
    public required long NegativeCount { get; init; }

    /// <summary>Results labelled NEUTRAL.</summary>
    public required long NeutralCount { get; init; }

    /// <summary>The day's earliest <c>processed_at</c>, UTC.</summary>
    public required DateTimeOffset FirstResponse { get; init; }

    /// <summary>The day's latest <c>processed_at</c>, UTC.</summary>
    public required DateTimeOffset LastResponse { get; init; }

    /// <summary>The sum behind <see cref="AvgVisibility"/>.</summary>
    public required decimal? SumVisibility { get; init; }

    /// <summary>Results with a visibility.</summary>
    public required long VisibilityCount { get; init; }

    /// <summary>The sum behind <see cref="AvgShare"/>.</summary>
    public required decimal? SumShare { get; init; }

    /// <summary>Results with a share.</summary>
    public required long ShareCount { get; init; }

    /// <summary>The sum behind <see cref="AvgSentiment"/>.</summary>
    public required decimal? SumSentiment { get; init; }

    /// <summary>Results with a score.</summary>
    public required long SentimentCount { get; init; }
}
