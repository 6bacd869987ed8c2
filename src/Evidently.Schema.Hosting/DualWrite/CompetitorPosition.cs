using System.Text.Json.Nodes;

namespace Evidently.Schema.Hosting;

/// <summary>
/// A competitor's row of a scored result. Ids, topic, time, the brand's own figures and its additional columns are repeated from the brand
/// row, as readers of legacy rely on; only the brand's sentiment is not.
/// </summary>
public sealed record CompetitorPosition
{
    /// <summary><c>competitor_name</c>, not blank. The star takes it where <c>brand_competitors</c> has exactly this name for the brand.</summary>
    public required string CompetitorName { get; init; }

    /// <summary><c>visibility_index_competitor</c>, 0 to 1.</summary>
    public decimal? VisibilityIndex { get; init; }

    /// <summary><c>share_of_answers_competitor</c>, percent: 0 to 100.</summary>
    public decimal? ShareOfAnswers { get; init; }

    /// <summary><c>competitor_positions</c>: the words of the answer that name the competitor, ascending.</summary>
    public IReadOnlyList<int>? Positions { get; init; }

    /// <summary><c>competitor_mentions</c>: how often, 0 or more.</summary>
    public int? Mentions { get; init; }

    /// <summary><c>sentiment_label_competitor</c>: POSITIVE, NEGATIVE or NEUTRAL in any case; the star takes no other.</summary>
    public string? SentimentLabel { get; init; }

    /// <summary><c>sentiment_score_competitor</c>, 1 to 100.</summary>
    public decimal? SentimentScore { get; init; }

    /// <summary><c>sentiment_positive_sentences_competitor</c>: sentences of the answer.</summary>
    public IReadOnlyList<string>? PositiveSentences { get; init; }

    /// <summary><c>sentiment_negative_sentences_competitor</c>: sentences of the answer.</summary>
    public IReadOnlyList<string>? NegativeSentences { get; init; }

    /// <summary>Other columns of this row alone; they win over those of the brand row.</summary>
    public IReadOnlyDictionary<string, JsonNode?>? Additional { get; init; }
}
