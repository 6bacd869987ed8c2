using System.Globalization;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>The daily view computed from the expected facts.</summary>
internal static class DailyRows
{
    public static void AddTo(StarTables star)
    {
        foreach (var day in star.Facts.Rows.Keys.GroupBy(
            key => (Brand: star.Facts[key, "brand_id"]!, Customer: star.Facts[key, "customer_id"]!,
                Type: star.Facts[key, "collector_type"]!, Day: ProcessedAt(star, key).UtcDay())))
        {
            var sentiments = day.Where(star.BrandSentiment.Rows.ContainsKey).ToList();
            var visibility = Numbers(star.BrandMetrics, day, "visibility_index");
            var share = Numbers(star.BrandMetrics, day, "share_of_answers");
            var score = Numbers(star.BrandSentiment, sentiments, "sentiment_score");
            star.Daily.Add(
                StarTables.Key(day.Key.Brand, day.Key.Customer, day.Key.Type, day.Key.Day),
                Average(visibility),
                Average(share),
                Text(day.Count(key => star.BrandMetrics[key, "has_brand_presence"] is "true")),
                Text(day.Count()),
                Average(score),
                Text(sentiments.Count(key => star.BrandSentiment[key, "sentiment_label"] is "POSITIVE")),
                Text(sentiments.Count(key => star.BrandSentiment[key, "sentiment_label"] is "NEGATIVE")),
                Text(sentiments.Count(key => star.BrandSentiment[key, "sentiment_label"] is "NEUTRAL")),
                day.Select(key => ProcessedAt(star, key)).MinBy(time => time.Microseconds).ToString(),
                day.Select(key => ProcessedAt(star, key)).MaxBy(time => time.Microseconds).ToString(),
                Sum(visibility),
                Text(visibility.Count),
                Sum(share),
                Text(share.Count),
                Sum(score),
                Text(score.Count));
        }
    }

    private static List<decimal> Numbers(StarTable table, IEnumerable<string> keys, string column) =>
        [.. keys.Select(key => table[key, column]).OfType<string>().Select(text => decimal.Parse(text, CultureInfo.InvariantCulture))];

    private static string? Sum(List<decimal> values) =>
        values.Count == 0 ? null : values.Sum().ToString("0.00", CultureInfo.InvariantCulture);

    private static string? Average(List<decimal> values) =>
        values.Count == 0 ? null : (values.Sum() / values.Count).ToString(CultureInfo.InvariantCulture);

    private static string Text(int count) => count.ToString(CultureInfo.InvariantCulture);

    private static PgTime ProcessedAt(StarTables star, string key) => star.Times[key];
}
