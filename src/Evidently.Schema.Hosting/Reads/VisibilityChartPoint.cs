namespace Evidently.Schema.Hosting;

/// <summary>A UTC day and collector of the visibility charts: a row of <c>get_visibility_chart</c>. A mean over nothing is <see langword="null"/>.</summary>
public sealed record VisibilityChartPoint
{
    /// <summary>The UTC day of <c>processed_at</c>.</summary>
    public required DateOnly MetricDate { get; init; }

    /// <summary>Which engine answered.</summary>
    public required string CollectorType { get; init; }

    /// <summary>Mean visibility, 0 to 100.</summary>
    public required decimal? Visibility { get; init; }

    /// <summary>Mean share of answers, percent: 0 to 100.</summary>
    public required decimal? ShareOfAnswers { get; init; }

    /// <summary>Mean sentiment score, 1 to 100 (old rows: −1 to 1).</summary>
    public required decimal? Sentiment { get; init; }

    /// <summary>Percent of the results that name the brand, 0 to 100.</summary>
    public required decimal BrandPresence { get; init; }

    /// <summary>Results, 1 or more: a day without any has no row.</summary>
    public required long Responses { get; init; }
}
