using System.Globalization;
using Evidently.Schema.DatabaseTests.Oracle;

namespace Evidently.Schema.DatabaseTests.Reads;

/// <summary>What a page should show, computed from the rows that should be in the star; it shares no SQL with the product.</summary>
internal sealed class ExpectedReads(LegacySnapshot legacy, ExpectedStar star)
{
    private const string Nothing = "∅";

    private readonly StarTables _star = star.Tables;
    private readonly Dictionary<string, string> _names = legacy.Competitors.ToDictionary(pair => pair.Value, pair => pair.Key.Name, StringComparer.Ordinal);
    private readonly ILookup<string, string> _competitors = star.Tables.CompetitorMetrics.Rows.Keys.ToLookup(key => key[..key.IndexOf('/', StringComparison.Ordinal)], StringComparer.Ordinal);

    /// <summary>The rows, each as the text of its values, in no order.</summary>
    public List<string> Rows(ReadCall call) => call.Name switch
    {
        "get_dashboard_metrics" => [Dashboard([.. Facts(call, "created_at")])],
        "get_brand_visibility_metrics" => Daily(call),
        "get_visibility_chart" => [.. Facts(call, "processed_at").GroupBy(key => (Day: Time(key, "processed_at").UtcDay(), Type: Fact(key, "collector_type"))).Select(group =>
            Line(group.Key.Day, group.Key.Type, 100 * Mean(group.Select(Visibility)), Mean(group.Select(Share)), Mean(group.Select(Score)), 100m * group.Count(Present) / group.Count(), group.Count()))],
        "get_competitor_visibility_trend" => [.. Facts(call, "processed_at").SelectMany(key => _competitors[key]
            .Where(competitor => string.Equals(_names[competitor[(competitor.IndexOf('/', StringComparison.Ordinal) + 1)..]], call.Competitor, StringComparison.Ordinal))
            .Select(competitor => Line(long.Parse(key, CultureInfo.InvariantCulture), Time(key, "processed_at"), Fact(key, "collector_type"), Number(_star.CompetitorMetrics, competitor, "visibility_index"),
                Number(_star.CompetitorMetrics, competitor, "share_of_answers"), Number(_star.CompetitorSentiment, competitor, "sentiment_score"))))],
        "get_topic_metrics" => [.. Facts(call, "processed_at").GroupBy(key => Fact(key, "topic")?.Trim(' ').ToLowerInvariant(), StringComparer.Ordinal).Select(group =>
            Line(Fact(group.OrderBy(key => Time(key, "processed_at").Microseconds).ThenBy(key => long.Parse(key, CultureInfo.InvariantCulture)).Last(), "topic")?.Trim(' '),
                100 * Mean(group.Select(Visibility)), Mean(group.Select(Share)), Mean(group.Select(Score)), 100m * group.Count(Present) / group.Count(), group.Count(),
                Mean(group.SelectMany(key => _competitors[key]).Select(competitor => Number(_star.CompetitorMetrics, competitor, "share_of_answers")))))],
        "get_keyword_presence" => [.. Facts(call, "created_at").Select(key => Line(long.Parse(key, CultureInfo.InvariantCulture), Present(key), Time(key, "created_at"), Fact(key, "collector_type")))],
        "get_prompt_metrics" => [.. Facts(call, "processed_at").Select(key => Line(Fact(key, "query_id"), long.Parse(key, CultureInfo.InvariantCulture), Fact(key, "collector_type"), 100 * Visibility(key), Score(key),
            Number(_star.BrandMetrics, key, "total_brand_mentions"), _competitors[key].Sum(competitor => Number(_star.CompetitorMetrics, competitor, "competitor_mentions") ?? 0),
            string.Join('|', _competitors[key].Select(competitor => _names[competitor[(competitor.IndexOf('/', StringComparison.Ordinal) + 1)..]]).Order(StringComparer.Ordinal))))],
        "get_source_metrics" => [.. Facts(call, "processed_at").Select(key => Line(long.Parse(key, CultureInfo.InvariantCulture), Share(key), 100 * Visibility(key), Score(key),
            Number(_star.BrandMetrics, key, "total_brand_mentions"), Fact(key, "topic")))],
        _ => throw new ArgumentOutOfRangeException(nameof(call), call.Name, "no page"),
    };

    /// <summary>One row as text, every number rounded to nine places, times as microseconds.</summary>
    public static string Line(params object?[] values) => string.Join(" · ", values.Select(value => value switch
    {
        null => Nothing,
        decimal number => Math.Round(number, 9).ToString("0.#########", CultureInfo.InvariantCulture),
        PgTime time => time.Microseconds.ToString(CultureInfo.InvariantCulture),
        bool flag => flag ? "true" : "false",
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString(),
    }));

    private string Dashboard(List<string> keys)
    {
        var prompts = keys.GroupBy(key => Fact(key, "query_id"), StringComparer.Ordinal).ToList();
        return Line(100 * Mean(prompts.Select(prompt => Mean(prompt.Select(Visibility)))), Mean(keys.Select(Share)), Mean(prompts.Select(prompt => Mean(prompt.Select(Score)))),
            prompts.Count == 0 ? null : 100m * prompts.Count(prompt => prompt.Any(Present)) / prompts.Count, keys.Count, prompts.Count);
    }

    private List<string> Daily(ReadCall call)
    {
        if (call.From is null || call.To is null)
        {
            return [];
        }

        var (from, to) = (call.FromTime.UtcDay(), call.ToTime.UtcDay());
        return [.. Facts(call with { From = null, To = null }, range: null).Where(key => Time(key, "processed_at") is var at && at != PgTime.Infinity && at.UtcDay() is var day
                && day.Microseconds >= from.Microseconds && day.Microseconds <= to.Microseconds)
            .GroupBy(key => (Customer: Fact(key, "customer_id"), Type: Fact(key, "collector_type"), Day: Time(key, "processed_at").UtcDay()))
            .Select(group => Line(call.Brand, group.Key.Customer, group.Key.Type, group.Key.Day, Mean(group.Select(Visibility)), Mean(group.Select(Share)),
                group.Count(Present), group.Count(), Mean(group.Select(Score)), group.Count(key => Label(key) is "POSITIVE"), group.Count(key => Label(key) is "NEGATIVE"), group.Count(key => Label(key) is "NEUTRAL"),
                group.Select(key => Time(key, "processed_at")).MinBy(time => time.Microseconds), group.Select(key => Time(key, "processed_at")).MaxBy(time => time.Microseconds),
                Sum(group.Select(Visibility)), group.Count(key => Visibility(key) is not null), Sum(group.Select(Share)), group.Count(key => Share(key) is not null),
                Sum(group.Select(Score)), group.Count(key => Score(key) is not null)))];
    }

    /// <summary>The results a call is about: <paramref name="range"/> is the column its range filters.</summary>
    private IEnumerable<string> Facts(ReadCall call, string? range)
    {
        var scalar = call.Name is not "get_keyword_presence" and not "get_source_metrics" && range is not null;
        return _star.Facts.Rows.Keys.Where(key =>
            (call.Name is "get_keyword_presence" || Is(key, "brand_id", call.Brand))
            && (call.Name is "get_keyword_presence" or "get_source_metrics" or "get_brand_visibility_metrics" or "get_competitor_visibility_trend" || Is(key, "customer_id", call.Customer))
            && (!scalar || (call.From is not null && call.To is not null))
            && (call.From is null || range is null || Time(key, range).Microseconds >= call.FromTime.Microseconds)
            && (call.To is null || range is null || Time(key, range).Microseconds < call.ToTime.Microseconds)
            && (call.Types is null || call.Types.Contains(Fact(key, "collector_type"), StringComparer.Ordinal))
            && (call.CollectorType is null || Is(key, "collector_type", call.CollectorType))
            && Chosen(call, key));
    }

    private bool Chosen(ReadCall call, string key) => (call.Queries, call.Results) switch
    {
        (null, null) => true,
        var (queries, results) => queries?.Contains(Fact(key, "query_id"), StringComparer.Ordinal) == true || results?.Contains(long.Parse(key, CultureInfo.InvariantCulture)) == true,
    };

    private bool Is(string key, string column, string? value) => value is not null && string.Equals(Fact(key, column), value, StringComparison.Ordinal);

    private string? Fact(string key, string column) => _star.Facts[key, column];

    private PgTime Time(string key, string column) => column is "processed_at" ? _star.Times[key] : star.CreatedAt[key];

    private bool Present(string key) => _star.BrandMetrics[key, "has_brand_presence"] is "true";

    private decimal? Visibility(string key) => Number(_star.BrandMetrics, key, "visibility_index");

    private decimal? Share(string key) => Number(_star.BrandMetrics, key, "share_of_answers");

    private decimal? Score(string key) => Number(_star.BrandSentiment, key, "sentiment_score");

    private string? Label(string key) => _star.BrandSentiment.Rows.ContainsKey(key) ? _star.BrandSentiment[key, "sentiment_label"] : null;

    private static decimal? Number(StarTable table, string key, string column) =>
        table.Rows.ContainsKey(key) && table[key, column] is { } text ? decimal.Parse(text, CultureInfo.InvariantCulture) : null;

    private static decimal? Mean(IEnumerable<decimal?> values) => values.OfType<decimal>().ToList() is { Count: > 0 } numbers ? numbers.Sum() / numbers.Count : null;

    private static decimal? Sum(IEnumerable<decimal?> values) => values.OfType<decimal>().ToList() is { Count: > 0 } numbers ? numbers.Sum() : null;
}
