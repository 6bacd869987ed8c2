namespace Evidently.Schema.Hosting;

/// <summary>Whether a result names its brand: a row of <c>get_keyword_presence</c>.</summary>
public sealed record KeywordPresence
{
    /// <summary>The result.</summary>
    public required long CollectorResultId { get; init; }

    /// <summary>Whether the answer names the brand.</summary>
    public required bool HasBrandPresence { get; init; }

    /// <summary>When it was collected, UTC.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Which engine answered.</summary>
    public required string CollectorType { get; init; }
}
