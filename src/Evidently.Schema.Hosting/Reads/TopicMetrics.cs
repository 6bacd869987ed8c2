namespace Evidently.Schema.Hosting;

/// <summary>A topic: a row of <c>get_topic_metrics</c>. A mean over nothing is <see langword="null"/>.</summary>
public sealed record TopicMetrics
{
    /// <summary>The topic, trimmed, in the casing of its newest result; <see langword="null"/>: the results without one.</summary>
    public required string? Topic { get; init; }

    /// <summary>Mean visibility, 0 to 100.</summary>
    public required decimal? Visibility { get; init; }

    /// <summary>Mean share of answers, percent: 0 to 100.</summary>
    public required decimal? ShareOfAnswers { get; init; }

    /// <summary>Mean sentiment score, 1 to 100 (old rows: −1 to 1).</summary>
    public required decimal? Sentiment { get; init; }

    /// <summary>Percent of the results that name the brand, 0 to 100.</summary>
    public required decimal BrandPresence { get; init; }

    /// <summary>Results, 1 or more.</summary>
    public required long Responses { get; init; }

    /// <summary>The mean share over the competitors' rows of these results, percent: 0 to 100.</summary>
    public required decimal? CompetitorShareOfAnswers { get; init; }
}
