namespace Evidently.Schema.Hosting;

/// <summary>A result that cites sources: a row of <c>get_source_metrics</c>.</summary>
public sealed record SourceMetrics
{
    /// <summary>The result.</summary>
    public required long CollectorResultId { get; init; }

    /// <summary>The brand's share of answers, percent: 0 to 100.</summary>
    public required decimal? ShareOfAnswers { get; init; }

    /// <summary>The brand's visibility, 0 to 100.</summary>
    public required decimal? Visibility { get; init; }

    /// <summary>The brand's sentiment score, 1 to 100 (old rows: −1 to 1).</summary>
    public required decimal? Sentiment { get; init; }

    /// <summary>How often the answer names the brand.</summary>
    public required int BrandMentions { get; init; }

    /// <summary>The result's topic.</summary>
    public required string? Topic { get; init; }
}
