using System.Text.Json;
using System.Text.Json.Nodes;
using Evidently.Schema.Hosting;
using Evidently.Schema.Hosting.DualWrite;
using NUnit.Framework;

namespace Evidently.Schema.Tests;

[TestFixture]
public sealed class PositionRowTests
{
    private static readonly BrandPosition Brand = new()
    {
        BrandId = Guid.Parse("00000000-0000-0000-0000-000000000001"),
        CustomerId = Guid.Parse("00000000-0000-0000-0000-000000000002"),
        QueryId = Guid.Parse("00000000-0000-0000-0000-000000000003"),
        CollectorType = "chatgpt",
        ProcessedAt = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero),
        VisibilityIndex = 0.42m,
        Positions = [3, 17],
        SentimentLabel = "positive",
        PositiveSentences = ["good"],
        Additional = new Dictionary<string, JsonNode?>(StringComparer.Ordinal) { ["raw_answer"] = "a", ["metadata"] = new JsonObject { ["x"] = 1 } },
    };

    [Test]
    public void A_brand_row_names_the_columns_that_are_given() => Assert.That(
        JsonSerializer.Serialize(PositionRow.Of(Brand), PositionJson.Default.PositionRow),
        Is.EqualTo(
            """
            {"brand_id":"00000000-0000-0000-0000-000000000001","customer_id":"00000000-0000-0000-0000-000000000002","query_id":"00000000-0000-0000-0000-000000000003",
            "collector_type":"chatgpt","processed_at":"2026-03-01T12:00:00+00:00","visibility_index":0.42,"brand_positions":[3,17],
            "sentiment_label":"positive","sentiment_positive_sentences":["good"],"raw_answer":"a","metadata":{"x":1}}
            """.Replace("\n", string.Empty, StringComparison.Ordinal)));

    [Test]
    public void A_competitor_row_repeats_the_brands_and_names_its_own() => Assert.That(
        JsonSerializer.Serialize(
            PositionRow.Of(Brand, new CompetitorPosition
            {
                CompetitorName = "Acme",
                ShareOfAnswers = 12.5m,
                SentimentScore = 50,
                Additional = new Dictionary<string, JsonNode?>(StringComparer.Ordinal) { ["raw_answer"] = null },
            }),
            PositionJson.Default.PositionRow),
        Is.EqualTo(
            """
            {"brand_id":"00000000-0000-0000-0000-000000000001","customer_id":"00000000-0000-0000-0000-000000000002","query_id":"00000000-0000-0000-0000-000000000003",
            "collector_type":"chatgpt","competitor_name":"Acme","processed_at":"2026-03-01T12:00:00+00:00","visibility_index":0.42,"share_of_answers_competitor":12.5,
            "brand_positions":[3,17],"sentiment_score_competitor":50,"raw_answer":null,"metadata":{"x":1}}
            """.Replace("\n", string.Empty, StringComparison.Ordinal)));
}
