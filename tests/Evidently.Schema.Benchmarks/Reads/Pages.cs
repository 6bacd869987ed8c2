namespace Evidently.Schema.Benchmarks.Reads;

/// <summary>The plan's dashboard read, and the eight pages.</summary>
internal static class Pages
{
    private const string BrandRows = "SELECT * FROM extracted_positions WHERE brand_id = $1 AND competitor_name IS NULL";
    private const string Visibility = "visibility_index";
    private const string Share = "share_of_answers_brand";
    private const string Score = "sentiment_score";

    /// <summary>As its payload builder asks, since the start of the range, and as its code aggregates, by prompt.</summary>
    public static Page PlanDashboard { get; } = new()
    {
        Function = "get_dashboard_metrics",
        Today = $"{BrandRows} AND processed_at >= $2",
        TodayWith = range => [range.Brand, range.From],
        Aggregate = Dashboard,
        CallWith = range => [range.Brand, range.Customer, range.From, range.To],
    };

    /// <summary>The same read, against the plan's new query.</summary>
    public static Page PlanDaily { get; } = PlanDashboard with { Function = "get_brand_visibility_metrics", Aggregate = Days, CallWith = WholeDays };

    public static IReadOnlyList<Page> All { get; } =
    [
        PlanDashboard with { Today = $"{BrandRows} AND created_at >= $2 AND created_at < $3", TodayWith = Times },
        PlanDaily with { Today = $"{BrandRows} AND processed_at >= $2 AND processed_at < $3", TodayWith = Times },
        PlanDashboard with { Function = "get_visibility_chart", Today = $"{BrandRows} AND processed_at >= $2 AND processed_at < $3", TodayWith = Times, Aggregate = Chart },
        new()
        {
            Function = "get_competitor_visibility_trend",
            Today = "SELECT * FROM extracted_positions WHERE brand_id = $1 AND competitor_name = $4 AND processed_at >= $2 AND processed_at < $3 ORDER BY processed_at",
            TodayWith = range => [.. Times(range), "Competitor 2"],
            Aggregate = rows => rows.All.Select(row => new object?[]
            {
                row.Result, row.Processed, row.Text("collector_type"), row.Number("visibility_index_competitor"), row.Number("share_of_answers_competitor"),
                row.Number("sentiment_score_competitor"),
            }),
            CallWith = range => [range.Brand, "Competitor 2", range.From, range.To],
        },
        PlanDashboard with
        {
            Function = "get_topic_metrics",
            Today = "SELECT * FROM extracted_positions WHERE brand_id = $1 AND processed_at >= $2 AND processed_at < $3",
            TodayWith = Times,
            Aggregate = Topics,
        },
        new()
        {
            Function = "get_keyword_presence",
            Today = "SELECT * FROM extracted_positions WHERE collector_result_id = ANY ($1) AND competitor_name IS NULL ORDER BY collector_result_id",
            TodayWith = range => [range.Results],
            Aggregate = rows => rows.All.Select(row => new object?[] { row.Result, row.Presence, row.Value("created_at"), row.Text("collector_type") }),
            CallWith = range => [range.Results],
        },
        new()
        {
            Function = "get_prompt_metrics",
            Today = "SELECT * FROM extracted_positions WHERE brand_id = $1 AND query_id = ANY ($4) AND processed_at >= $2 AND processed_at < $3",
            TodayWith = range => [.. Times(range), range.Prompts],
            Aggregate = Prompts,
            CallWith = range => [range.Brand, range.Customer, range.From, range.To, range.Prompts],
        },
        new()
        {
            Function = "get_source_metrics",
            Today = $"{BrandRows} AND collector_result_id = ANY ($2) ORDER BY collector_result_id",
            TodayWith = range => [range.Brand, range.Results],
            Aggregate = rows => rows.All.Select(row => new object?[]
            {
                row.Result, row.Number(Share), 100 * row.Number(Visibility), row.Number(Score), row.Count("total_brand_mentions"), row.Text("topic"),
            }),
            CallWith = range => [range.Brand, range.Results],
        },
    ];

    private static object[] Times(PageRange range) => [range.Brand, range.From, range.To];

    private static object[] WholeDays(PageRange range) => [range.Brand, DateOnly.FromDateTime(range.From), DateOnly.FromDateTime(range.To.AddDays(-1))];

    private static IEnumerable<object?[]> Dashboard(LegacyRows rows)
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

    private static IEnumerable<IGrouping<(DateOnly Day, string? Collector), LegacyRows.Row>> ByDay(LegacyRows rows) => rows.All
        .GroupBy(row => (Day: DateOnly.FromDateTime(row.Processed), Collector: row.Text("collector_type")))
        .OrderBy(day => day.Key.Day).ThenBy(day => day.Key.Collector, StringComparer.Ordinal);

    private static IEnumerable<object?[]> Chart(LegacyRows rows) => ByDay(rows).Select(day => new object?[]
    {
        day.Key.Day, day.Key.Collector, 100 * day.Average(row => row.Number(Visibility)), day.Average(row => row.Number(Share)), day.Average(row => row.Number(Score)),
        100m * day.Count(row => row.Presence) / day.Count(), day.LongCount(),
    });

    private static IEnumerable<object?[]> Days(LegacyRows rows) => ByDay(rows).Select(day => new object?[]
    {
        day.First().Value("brand_id"), day.First().Value("customer_id"), day.Key.Collector, day.Key.Day,
        day.Average(row => row.Number(Visibility)), day.Average(row => row.Number(Share)), day.LongCount(row => row.Presence), day.LongCount(),
        day.Average(row => row.Number(Score)), Labelled(day, "POSITIVE"), Labelled(day, "NEGATIVE"), Labelled(day, "NEUTRAL"),
        day.Min(row => row.Processed), day.Max(row => row.Processed),
        day.Sum(row => row.Number(Visibility)), day.LongCount(row => row.Number(Visibility) is not null),
        day.Sum(row => row.Number(Share)), day.LongCount(row => row.Number(Share) is not null),
        day.Sum(row => row.Number(Score)), day.LongCount(row => row.Number(Score) is not null),
    });

    private static long Labelled(IEnumerable<LegacyRows.Row> rows, string label) => rows.LongCount(row => string.Equals(row.Text("sentiment_label"), label, StringComparison.Ordinal));

    private static IEnumerable<object?[]> Topics(LegacyRows rows)
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

    private static IEnumerable<object?[]> Prompts(LegacyRows rows) => rows.All.GroupBy(row => row.Result).OrderBy(result => result.Key).Select(result =>
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
