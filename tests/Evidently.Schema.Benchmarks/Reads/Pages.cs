namespace Evidently.Schema.Benchmarks.Reads;

/// <summary>The plan's dashboard read, and the eight pages.</summary>
internal static class Pages
{
    private const string Competitor = "Competitor 2";
    private const string Name = "competitor_name";
    private const string Processed = "processed_at";
    private const string Result = "collector_result_id";
    private const string Visibility = "visibility_index";
    private const string Share = "share_of_answers_brand";
    private const string Score = "sentiment_score";

    /// <summary>As its payload builder asks, since the start of the range, and as its code aggregates, by prompt.</summary>
    public static Page PlanDashboard { get; } = new()
    {
        Function = "get_dashboard_metrics",
        Today = range => [.. BrandRows(range), Condition.AtLeast(Processed, range.From)],
        Aggregate = Dashboard,
        CallWith = OfCustomer,
    };

    /// <summary>The same read, against the plan's new query.</summary>
    public static Page PlanDaily { get; } = PlanDashboard with { Function = "get_brand_visibility_metrics", Aggregate = Days, CallWith = WholeDays };

    public static IReadOnlyList<Page> All { get; } =
    [
        PlanDashboard with { Today = range => [.. BrandRows(range), .. Within("created_at", range)] },
        PlanDaily with { Today = BrandRowsProcessed },
        PlanDashboard with { Function = "get_visibility_chart", Today = BrandRowsProcessed, Aggregate = Chart },
        new()
        {
            Function = "get_competitor_visibility_trend",
            Today = range => [OfBrand(range), Condition.Equal(Name, Competitor), .. Within(Processed, range)],
            Order = Processed,
            Aggregate = rows => rows.All.Select(row => new object?[]
            {
                row.Result, row.Processed, row.Text("collector_type"), row.Number("visibility_index_competitor"), row.Number("share_of_answers_competitor"),
                row.Number("sentiment_score_competitor"),
            }),
            CallWith = range => [("p_brand_id", range.Brand), ("p_competitor_name", Competitor), ("p_start_date", range.From), ("p_end_date", range.To)],
        },
        PlanDashboard with { Function = "get_topic_metrics", Today = range => [OfBrand(range), .. Within(Processed, range)], Aggregate = Topics },
        new()
        {
            Function = "get_keyword_presence",
            Today = range => [OfResults(range), Condition.IsNull(Name)],
            Order = Result,
            Aggregate = rows => rows.All.Select(row => new object?[] { row.Result, row.Presence, row.Value("created_at"), row.Text("collector_type") }),
            CallWith = range => [("p_collector_result_ids", range.Results)],
        },
        new()
        {
            Function = "get_prompt_metrics",
            Today = range => [OfBrand(range), Condition.In("query_id", range.Prompts), .. Within(Processed, range)],
            Aggregate = Prompts,
            CallWith = range => [.. OfCustomer(range), ("p_query_ids", range.Prompts)],
        },
        new()
        {
            Function = "get_source_metrics",
            Today = range => [.. BrandRows(range), OfResults(range)],
            Order = Result,
            Aggregate = rows => rows.All.Select(row => new object?[]
            {
                row.Result, row.Number(Share), 100 * row.Number(Visibility), row.Number(Score), row.Count("total_brand_mentions"), row.Text("topic"),
            }),
            CallWith = range => [("p_brand_id", range.Brand), ("p_collector_result_ids", range.Results)],
        },
    ];

    private static Condition OfBrand(PageRange range) => Condition.Equal("brand_id", range.Brand);

    private static Condition OfResults(PageRange range) => Condition.In(Result, range.Results);

    private static Condition[] BrandRows(PageRange range) => [OfBrand(range), Condition.IsNull(Name)];

    private static Condition[] BrandRowsProcessed(PageRange range) => [.. BrandRows(range), .. Within(Processed, range)];

    private static Condition[] Within(string column, PageRange range) => [Condition.AtLeast(column, range.From), Condition.Before(column, range.To)];

    private static (string Name, object Value)[] OfCustomer(PageRange range) =>
        [("p_brand_id", range.Brand), ("p_customer_id", range.Customer), ("p_from", range.From), ("p_to", range.To)];

    private static (string Name, object Value)[] WholeDays(PageRange range) =>
        [("p_brand_id", range.Brand), ("p_start_date", DateOnly.FromDateTime(range.From)), ("p_end_date", DateOnly.FromDateTime(range.To.AddDays(-1)))];

    private static IEnumerable<object?[]> Dashboard(Rows rows)
    {
        var prompts = rows.All.GroupBy(row => row.Query).Select(prompt => new
        {
            Visibility = prompt.Average(row => row.Number(Visibility)),
            Score = prompt.Average(row => row.Number(Score)),
            Presence = prompt.Any(row => row.Presence),
        }).ToList();
        yield return
        [
            100 * prompts.Average(prompt => prompt.Visibility), rows.All.Average(row => row.Number(Share)), prompts.Average(prompt => prompt.Score),
            100m * prompts.Count(prompt => prompt.Presence) / prompts.Count, (long)rows.Count, (long)prompts.Count,
        ];
    }

    private static IEnumerable<IGrouping<(DateOnly Day, string? Collector), Rows.Row>> ByDay(Rows rows) => rows.All
        .GroupBy(row => (Day: DateOnly.FromDateTime(row.Processed), Collector: row.Text("collector_type")))
        .OrderBy(day => day.Key.Day).ThenBy(day => day.Key.Collector, StringComparer.Ordinal);

    private static IEnumerable<object?[]> Chart(Rows rows) => ByDay(rows).Select(day => new object?[]
    {
        day.Key.Day, day.Key.Collector, 100 * day.Average(row => row.Number(Visibility)), day.Average(row => row.Number(Share)), day.Average(row => row.Number(Score)),
        100m * day.Count(row => row.Presence) / day.Count(), day.LongCount(),
    });

    private static IEnumerable<object?[]> Days(Rows rows) => ByDay(rows).Select(day => new object?[]
    {
        day.First().Value("brand_id"), day.First().Value("customer_id"), day.Key.Collector, day.Key.Day,
        day.Average(row => row.Number(Visibility)), day.Average(row => row.Number(Share)), day.LongCount(row => row.Presence), day.LongCount(),
        day.Average(row => row.Number(Score)), Labelled(day, "POSITIVE"), Labelled(day, "NEGATIVE"), Labelled(day, "NEUTRAL"),
        day.Min(row => row.Processed), day.Max(row => row.Processed),
        day.Sum(row => row.Number(Visibility)), day.LongCount(row => row.Number(Visibility) is not null),
        day.Sum(row => row.Number(Share)), day.LongCount(row => row.Number(Share) is not null),
        day.Sum(row => row.Number(Score)), day.LongCount(row => row.Number(Score) is not null),
    });

    private static long Labelled(IEnumerable<Rows.Row> rows, string label) => rows.LongCount(row => string.Equals(row.Text("sentiment_label"), label, StringComparison.Ordinal));

    private static IEnumerable<object?[]> Topics(Rows rows)
    {
        var topics = rows.All.Where(row => row.IsBrand).ToDictionary(row => row.Result, row => row.Text("topic")?.Trim());
        return rows.All.GroupBy(row => topics[row.Result]?.ToLowerInvariant(), StringComparer.Ordinal).OrderBy(topic => topic.Key, StringComparer.Ordinal).Select(topic =>
        {
            var brand = topic.Where(row => row.IsBrand).ToList();
            return new object?[]
            {
                topics[brand.MaxBy(row => row.Processed).Result], 100 * brand.Average(row => row.Number(Visibility)), brand.Average(row => row.Number(Share)),
                brand.Average(row => row.Number(Score)), 100m * brand.Count(row => row.Presence) / brand.Count, (long)brand.Count,
                topic.Where(row => !row.IsBrand).Average(row => row.Number("share_of_answers_competitor")),
            };
        });
    }

    private static IEnumerable<object?[]> Prompts(Rows rows) => rows.All.GroupBy(row => row.Result).OrderBy(result => result.Key).Select(result =>
    {
        var brand = result.First(row => row.IsBrand);
        var competitors = result.Where(row => !row.IsBrand).ToList();
        return new object?[]
        {
            brand.Query, result.Key, brand.Text("collector_type"), 100 * brand.Number(Visibility), brand.Number(Score), brand.Count("total_brand_mentions"),
            competitors.Sum(row => (long)row.Count("competitor_mentions")),
            competitors.Select(row => row.Text("competitor_name")).Order(StringComparer.Ordinal).ToArray(),
        };
    });
}
