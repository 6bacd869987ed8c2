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
        new("dashboard", "Dashboard", asked => [asked.Brand, From, To], asked => [asked.Brand, asked.Customer, From, To]),
        new("daily", "Daily", asked => [asked.Brand, From, To], asked => [asked.Brand, FirstDay, LastDay]),
        new("chart", "Chart", asked => [asked.Brand, From, To], asked => [asked.Brand, asked.Customer, From, To]),
        new("trend", "Trend", asked => [asked.Brand, From, To, asked.Competitor], asked => [asked.Brand, asked.Competitor, From, To]),
        new("topics", "Topics", asked => [asked.Brand, From, To], asked => [asked.Brand, asked.Customer, From, To]),
        new("keywords", "Keywords", asked => [asked.Results], asked => [asked.Results]),
        new("prompts", "Prompts", asked => [asked.Brand, From, To, asked.Prompts], asked => [asked.Brand, asked.Customer, From, To, asked.Prompts]),
        new("sources", "Sources", asked => [asked.Brand, asked.Results], asked => [asked.Brand, asked.Results]),
    ];

    public Task ReadAsync(long due, Random random, bool page)
    {
        var target = world.New(random);
        var asked = new PageRequest(target.Brand.Id, target.Customer, target.Competitors.FirstOrDefault("none"), [target.Prompt], world.ResultsOf(target.Brand));
        var read = Pages[random.Next(Pages.Length)];
        return clients[random.Next(clients.Count)].RunAsync(page ? read.Page : read.Table, due, null, page ? read.PageWith(asked) : read.TableWith(asked));
    }
}

/// <summary>A page, read both ways: each has a file of its own.</summary>
internal sealed class TrafficPage(string name, string file, Func<PageRequest, object?[]> tableWith, Func<PageRequest, object?[]> pageWith)
{
    public TrafficSql Table { get; } = TrafficSql.FromFile(name, $"{file}Table");

    public Func<PageRequest, object?[]> TableWith { get; } = tableWith;

    public TrafficSql Page { get; } = TrafficSql.FromFile($"{name} page", $"{file}Page");

    public Func<PageRequest, object?[]> PageWith { get; } = pageWith;
}

/// <summary>What a page is asked for.</summary>
internal sealed record PageRequest(Guid Brand, Guid Customer, string Competitor, Guid[] Prompts, long[] Results);
