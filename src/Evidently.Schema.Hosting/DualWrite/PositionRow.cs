using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Evidently.Schema.Hosting.DualWrite;

/// <summary>A row as <c>save_positions</c> takes it: each property is the column of its name.</summary>
internal sealed record PositionRow
{
    private static readonly Dictionary<string, JsonNode?> EmptyColumns = new(StringComparer.Ordinal);

    private static readonly HashSet<string> Mapped =
        PositionJson.Default.PositionRow.Properties.Where(property => !property.IsExtensionData).Select(property => property.Name)
            .Append("id").Append("collector_result_id").ToHashSet(StringComparer.Ordinal);

    public Guid BrandId { get; init; }

    public Guid CustomerId { get; init; }

    public Guid QueryId { get; init; }

    public string? CollectorType { get; init; }

    public string? CompetitorName { get; init; }

    public string? Topic { get; init; }

    public DateTimeOffset? ProcessedAt { get; init; }

    public decimal? VisibilityIndex { get; init; }

    public decimal? VisibilityIndexCompetitor { get; init; }

    public decimal? ShareOfAnswersBrand { get; init; }

    public decimal? ShareOfAnswersCompetitor { get; init; }

    public bool? HasBrandPresence { get; init; }

    public int? BrandFirstPosition { get; init; }

    public IReadOnlyList<int>? BrandPositions { get; init; }

    public IReadOnlyList<int>? CompetitorPositions { get; init; }

    public int? TotalBrandMentions { get; init; }

    public int? CompetitorMentions { get; init; }

    public int? TotalWordCount { get; init; }

    public string? SentimentLabel { get; init; }

    public decimal? SentimentScore { get; init; }

    public IReadOnlyList<string>? SentimentPositiveSentences { get; init; }

    public IReadOnlyList<string>? SentimentNegativeSentences { get; init; }

    public string? SentimentLabelCompetitor { get; init; }

    public decimal? SentimentScoreCompetitor { get; init; }

    public IReadOnlyList<string>? SentimentPositiveSentencesCompetitor { get; init; }

    public IReadOnlyList<string>? SentimentNegativeSentencesCompetitor { get; init; }

    // The serializer refuses init here.
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Additional { get; set; }

    public static PositionRow Of(BrandPosition brand) => new()
    {
        BrandId = brand.BrandId,
        CustomerId = brand.CustomerId,
        QueryId = brand.QueryId,
        CollectorType = brand.CollectorType,
        Topic = brand.Topic,
        ProcessedAt = brand.ProcessedAt,
        VisibilityIndex = brand.VisibilityIndex,
        ShareOfAnswersBrand = brand.ShareOfAnswers,
        HasBrandPresence = brand.HasPresence,
        BrandFirstPosition = brand.FirstPosition,
        BrandPositions = brand.Positions,
        TotalBrandMentions = brand.TotalMentions,
        TotalWordCount = brand.TotalWordCount,
        SentimentLabel = brand.SentimentLabel,
        SentimentScore = brand.SentimentScore,
        SentimentPositiveSentences = brand.PositiveSentences,
        SentimentNegativeSentences = brand.NegativeSentences,
        Additional = Merged(brand.Additional, null),
    };

    public static PositionRow Of(BrandPosition brand, CompetitorPosition competitor) => Of(brand) with
    {
        CompetitorName = competitor.CompetitorName,
        VisibilityIndexCompetitor = competitor.VisibilityIndex,
        ShareOfAnswersCompetitor = competitor.ShareOfAnswers,
        CompetitorPositions = competitor.Positions,
        CompetitorMentions = competitor.Mentions,
        SentimentLabel = null,
        SentimentScore = null,
        SentimentPositiveSentences = null,
        SentimentNegativeSentences = null,
        SentimentLabelCompetitor = competitor.SentimentLabel,
        SentimentScoreCompetitor = competitor.SentimentScore,
        SentimentPositiveSentencesCompetitor = competitor.PositiveSentences,
        SentimentNegativeSentencesCompetitor = competitor.NegativeSentences,
        Additional = Merged(brand.Additional, competitor.Additional),
    };

    /// <summary>The first column named that has a property of its own, or is not the caller's to set.</summary>
    public static string? FirstMapped(IReadOnlyDictionary<string, JsonNode?>? additional) => additional?.Keys.FirstOrDefault(Mapped.Contains);

    private static Dictionary<string, JsonElement>? Merged(IReadOnlyDictionary<string, JsonNode?>? columns, IReadOnlyDictionary<string, JsonNode?>? over)
    {
        if (columns is null && over is null)
        {
            return null;
        }

        var merged = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var (name, value) in (columns ?? EmptyColumns).Concat(over ?? EmptyColumns))
        {
            merged[name] = JsonSerializer.SerializeToElement(value, PositionJson.Default.JsonNode!);
        }

        return merged;
    }
}

/// <summary>Snake case makes the columns' names; what is null is left to the column's default.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(PositionRow))]
[JsonSerializable(typeof(PositionRow[]))]
[JsonSerializable(typeof(JsonNode))]
internal sealed partial class PositionJson : JsonSerializerContext;
