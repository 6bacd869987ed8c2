namespace Evidently.Schema.Testing.Traffic;

/// <summary>The pages of the six services: statements on legacy, or the functions of phase 4.</summary>
internal sealed class TrafficReader(TrafficWorld world, IReadOnlyList<TrafficClient> clients)
{
    private static readonly DateTime From = new(2020, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly DateTime To = new(2100, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly DateOnly FirstDay = DateOnly.FromDateTime(From);
    private static readonly DateOnly LastDay = DateOnly.FromDateTime(To);

    private static readonly TrafficPage[] Pages =
    [
        new("dashboard", "SELECT * FROM extracted_positions WHERE brand_id = $1 AND competitor_name IS NULL AND created_at >= $2 AND created_at < $3",
            asked => [asked.Brand, From, To], "get_dashboard_metrics($1, $2, $3, $4)", asked => [asked.Brand, asked.Customer, From, To]),
        new("daily", "SELECT * FROM extracted_positions WHERE brand_id = $1 AND competitor_name IS NULL AND processed_at >= $2 AND processed_at < $3",
            asked => [asked.Brand, From, To], "get_brand_visibility_metrics($1, $2, $3)", asked => [asked.Brand, FirstDay, LastDay]),
        new("chart", "SELECT processed_at, collector_type, visibility_index, share_of_answers_brand, sentiment_score, has_brand_presence FROM extracted_positions"
                + " WHERE brand_id = $1 AND competitor_name IS NULL AND processed_at >= $2 AND processed_at < $3 ORDER BY processed_at",
            asked => [asked.Brand, From, To], "get_visibility_chart($1, $2, $3, $4)", asked => [asked.Brand, asked.Customer, From, To]),
        new("trend", "SELECT * FROM extracted_positions WHERE brand_id = $1 AND competitor_name = $4 AND processed_at >= $2 AND processed_at < $3 ORDER BY processed_at",
            asked => [asked.Brand, From, To, asked.Competitor], "get_competitor_visibility_trend($1, $2, $3, $4)", asked => [asked.Brand, asked.Competitor, From, To]),
        new("topics", "SELECT * FROM extracted_positions WHERE brand_id = $1 AND processed_at >= $2 AND processed_at < $3",
            asked => [asked.Brand, From, To], "get_topic_metrics($1, $2, $3, $4)", asked => [asked.Brand, asked.Customer, From, To]),
        new("keywords", "SELECT collector_result_id, has_brand_presence, created_at, collector_type FROM extracted_positions"
                + " WHERE collector_result_id = ANY ($1) AND competitor_name IS NULL ORDER BY collector_result_id",
            asked => [asked.Results], "get_keyword_presence($1)", asked => [asked.Results]),
        new("prompts", "SELECT * FROM extracted_positions WHERE brand_id = $1 AND query_id = ANY ($4) AND processed_at >= $2 AND processed_at < $3",
            asked => [asked.Brand, From, To, asked.Prompts], "get_prompt_metrics($1, $2, $3, $4, $5)", asked => [asked.Brand, asked.Customer, From, To, asked.Prompts]),
        new("sources", "SELECT * FROM extracted_positions WHERE brand_id = $1 AND competitor_name IS NULL AND collector_result_id = ANY ($2)",
            asked => [asked.Brand, asked.Results], "get_source_metrics($1, $2)", asked => [asked.Brand, asked.Results]),
    ];

    public Task ReadAsync(long due, Random random, bool page)
    {
        var target = world.New(random);
        var asked = new PageRequest(target.Brand.Id, target.Customer, target.Competitors.FirstOrDefault("none"), [target.Prompt], world.ResultsOf(target.Brand));
        var read = Pages[random.Next(Pages.Length)];
        return clients[random.Next(clients.Count)].RunAsync(page ? read.Page : read.Table, due, null, page ? read.PageWith(asked) : read.TableWith(asked));
    }
}

/// <summary>A page, read both ways.</summary>
internal sealed class TrafficPage(
    string name, string table, Func<PageRequest, object?[]> tableWith, string function, Func<PageRequest, object?[]> pageWith)
{
    public TrafficSql Table { get; } = new(name, table);

    public Func<PageRequest, object?[]> TableWith { get; } = tableWith;

    public TrafficSql Page { get; } = new($"{name} page", $"SELECT * FROM public.{function}");

    public Func<PageRequest, object?[]> PageWith { get; } = pageWith;
}

/// <summary>What a page is asked for.</summary>
internal sealed record PageRequest(Guid Brand, Guid Customer, string Competitor, Guid[] Prompts, long[] Results);
