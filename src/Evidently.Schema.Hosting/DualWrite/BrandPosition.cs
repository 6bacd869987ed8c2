using System.Text.Json.Nodes;

namespace Evidently.Schema.Hosting;

/// <summary>
/// The brand row of a scored result: one row of <c>extracted_positions</c> without a competitor_name. What is <see langword="null"/> is left
/// to the column's default. Numbers finer than two decimals are rounded in the star, not in legacy.
/// </summary>
public sealed record BrandPosition
{
    /// <summary><c>brand_id</c>: a row of <c>brands</c>.</summary>
    public required Guid BrandId { get; init; }

    /// <summary><c>customer_id</c>: a row of <c>customers</c>.</summary>
    public required Guid CustomerId { get; init; }

    /// <summary><c>query_id</c>: a row of <c>generated_queries</c>.</summary>
    public required Guid QueryId { get; init; }

    /// <summary><c>collector_type</c>: which engine answered, as <c>chatgpt</c>.</summary>
    public required string CollectorType { get; init; }

    /// <summary><c>topic</c>. Where it is blank the star takes <c>metadata.topic_name</c>, else the query's topic.</summary>
    public string? Topic { get; init; }

    /// <summary><c>processed_at</c>: when the answer was scored. It decides the day, in UTC, and which of two brand rows is the newer.</summary>
    public DateTimeOffset? ProcessedAt { get; init; }

    /// <summary><c>visibility_index</c>, 0 to 1.</summary>
    public decimal? VisibilityIndex { get; init; }

    /// <summary><c>share_of_answers_brand</c>, percent: 0 to 100.</summary>
    public decimal? ShareOfAnswers { get; init; }

    /// <summary><c>has_brand_presence</c>: whether the answer names the brand.</summary>
    public bool? HasPresence { get; init; }

    /// <summary><c>brand_first_position</c>: the first word of the answer that names the brand.</summary>
    public int? FirstPosition { get; init; }

    /// <summary><c>brand_positions</c>: all of them, ascending.</summary>
    public IReadOnlyList<int>? Positions { get; init; }

    /// <summary><c>total_brand_mentions</c>: how often, 0 or more.</summary>
    public int? TotalMentions { get; init; }

    /// <summary><c>total_word_count</c>: the answer's length in words.</summary>
    public int? TotalWordCount { get; init; }

    /// <summary><c>sentiment_label</c>: POSITIVE, NEGATIVE or NEUTRAL in any case; the star takes no other.</summary>
    public string? SentimentLabel { get; init; }

    /// <summary><c>sentiment_score</c>, 1 to 100.</summary>
    public decimal? SentimentScore { get; init; }

    /// <summary><c>sentiment_positive_sentences</c>: sentences of the answer.</summary>
    public IReadOnlyList<string>? PositiveSentences { get; init; }

    /// <summary><c>sentiment_negative_sentences</c>: sentences of the answer.</summary>
    public IReadOnlyList<string>? NegativeSentences { get; init; }

    /// <summary>Other columns of <c>extracted_positions</c> by name, as <c>raw_answer</c>, <c>brand_name</c>, <c>metadata</c> and the host's
    /// own, in their JSON form. A JSON null is NULL, whatever the column's default.</summary>
    public IReadOnlyDictionary<string, JsonNode?>? Additional { get; init; }
}
