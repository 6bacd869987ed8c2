using System.Text.Json.Nodes;
using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Hosting;

namespace Evidently.Schema.DatabaseTests.Hosting;

/// <summary>Positions as a scorer has them, of the brand of a result that is there.</summary>
internal static class Positions
{
    public static async Task<(BrandPosition Brand, CompetitorPosition[] Competitors)> OfResultAsync(StarDatabase database, long result)
    {
        await using var session = await database.OpenAsync();
        async Task<Guid> IdAsync(string column) =>
            await session.ScalarAsync<Guid>($"SELECT {column} FROM extracted_positions WHERE collector_result_id = {result} AND btrim(competitor_name) IS NULL ORDER BY processed_at DESC LIMIT 1");
        var brand = new BrandPosition
        {
            BrandId = await IdAsync("brand_id"),
            CustomerId = await IdAsync("customer_id"),
            QueryId = await IdAsync("query_id"),
            CollectorType = "written",
            Topic = "a topic",
            ProcessedAt = new DateTimeOffset(2026, 3, 1, 23, 30, 0, TimeSpan.FromHours(-2)),
            VisibilityIndex = 0.42m,
            ShareOfAnswers = 61.25m,
            HasPresence = true,
            FirstPosition = 3,
            Positions = [3, 17],
            TotalMentions = 2,
            TotalWordCount = 240,
            SentimentLabel = "positive",
            SentimentScore = 81,
            PositiveSentences = ["It's \"good\"."],
            Additional = new Dictionary<string, JsonNode?>(StringComparer.Ordinal)
            {
                ["raw_answer"] = "the answer",
                ["metadata"] = new JsonObject { ["topic_name"] = "other" },
            },
        };
        var names = await session.ListAsync($"SELECT competitor_name FROM brand_competitors WHERE brand_id = '{brand.BrandId}' ORDER BY 1");
        return (brand, [.. names.Select((name, place) => new CompetitorPosition
        {
            CompetitorName = name,
            VisibilityIndex = place / 10m,
            ShareOfAnswers = 10 + place,
            Positions = [5, 6],
            Mentions = 2,
            SentimentLabel = "NEGATIVE",
            SentimentScore = 12.5m,
            NegativeSentences = ["Not good."],
        })]);
    }
}
