namespace Evidently.Schema.Hosting;

/// <summary>A result of a prompt: a row of <c>get_prompt_metrics</c>.</summary>
public sealed record PromptMetrics
{
    /// <summary>The prompt.</summary>
    public required Guid QueryId { get; init; }

    /// <summary>The result.</summary>
    public required long CollectorResultId { get; init; }

    /// <summary>Which engine answered.</summary>
    public required string CollectorType { get; init; }

    /// <summary>The brand's visibility, 0 to 100.</summary>
    public required decimal? Visibility { get; init; }

    /// <summary>The brand's sentiment score, 1 to 100 (old rows: −1 to 1).</summary>
    public required decimal? Sentiment { get; init; }

    /// <summary>How often the answer names the brand.</summary>
    public required int BrandMentions { get; init; }

    /// <summary>How often it names competitors, all together.</summary>
    public required long CompetitorMentions { get; init; }

    /// <summary>The competitors that have a row in this result, mentioned or not, in alphabetical order.</summary>
    public required IReadOnlyList<string> Competitors { get; init; }
}
