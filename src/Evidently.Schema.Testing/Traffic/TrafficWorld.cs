using Npgsql;

namespace Evidently.Schema.Testing.Traffic;

/// <summary>The brands that the traffic works on, as the application knows them, and the results scored so far.</summary>
internal sealed class TrafficWorld
{
    public const int MostCompetitors = 6;

    private const int Brands = 4;
    private const int Prompts = 3;
    private const int Remembered = 200;

    private static readonly string[] Collectors = ["chatgpt", "perplexity", "gemini"];

    private readonly Lock _gate = new();
    private readonly List<TrafficBrand> _brands = [];
    private readonly List<TrafficTarget> _scored = [];
    private readonly Guid[] _customers;
    private int _made;

    private TrafficWorld(Guid[] customers) => _customers = customers;

    public static async Task<TrafficWorld> CreateAsync(NpgsqlDataSource source, CancellationToken ct)
    {
        var customers = new Guid[2];
        for (var i = 0; i < customers.Length; i++)
        {
            customers[i] = await AddAsync(source, TrafficSql.AddCustomer, ct).ConfigureAwait(false);
        }

        var world = new TrafficWorld(customers);
        for (var i = 0; i < Brands; i++)
        {
            var customer = customers[i % 2];
            var brand = new TrafficBrand(await AddAsync(source, TrafficSql.AddBrand, ct, customer).ConfigureAwait(false), customer);
            for (var prompt = 0; prompt < Prompts; prompt++)
            {
                brand.Prompts.Add(await AddAsync(source, TrafficSql.AddPrompt, ct, brand.Id, customer, $"Topic {prompt}").ConfigureAwait(false));
            }

            for (var competitor = 1; competitor <= 3; competitor++)
            {
                await AddAsync(source, TrafficSql.AddCompetitor, ct, brand.Id, $"Competitor {competitor}").ConfigureAwait(false);
                brand.Competitors.Add($"Competitor {competitor}");
            }

            world._brands.Add(brand);
        }

        return world;
    }

    /// <summary>A name that no topic or competitor had before.</summary>
    public string NewName() => $"Name {Interlocked.Increment(ref _made)}";

    public Guid Customer(Random random) => _customers[random.Next(_customers.Length)];

    /// <summary>What a new result is for: brand, prompt, collector and the brand's competitors of now.</summary>
    public TrafficTarget New(Random random)
    {
        lock (_gate)
        {
            var brand = _brands[random.Next(_brands.Count)];
            return new TrafficTarget(brand, brand.Customer, brand.Prompts[random.Next(brand.Prompts.Count)], Collectors[random.Next(Collectors.Length)], [.. brand.Competitors]);
        }
    }

    /// <summary>A result scored before, with the competitors of now, or null.</summary>
    public TrafficTarget? Scored(Random random)
    {
        lock (_gate)
        {
            return _scored.Count == 0 ? null : _scored[random.Next(_scored.Count)] is var target ? target with { Competitors = [.. target.Brand.Competitors] } : null;
        }
    }

    public long[] ResultsOf(TrafficBrand brand)
    {
        lock (_gate)
        {
            return [.. _scored.Where(target => target.Brand == brand).Select(target => target.Result).Distinct()];
        }
    }

    public void Remember(TrafficTarget target)
    {
        lock (_gate)
        {
            if (!IsGone(target))
            {
                _scored.Add(target);
                if (_scored.Count > Remembered)
                {
                    _scored.RemoveAt(0);
                }
            }
        }
    }

    /// <summary>Whether the application deletes, or has deleted, a parent of the result.</summary>
    public bool IsGone(TrafficTarget target)
    {
        lock (_gate)
        {
            return target.Brand.Gone || target.Brand.GonePrompts.Contains(target.Prompt) || target.Brand.GoneResults.Contains(target.Result);
        }
    }

    public TrafficBrand Any(Random random)
    {
        lock (_gate)
        {
            return _brands[random.Next(_brands.Count)];
        }
    }

    public T? Pick<T>(List<T> list, Random random)
    {
        lock (_gate)
        {
            return list.Count == 0 ? default : list[random.Next(list.Count)];
        }
    }

    public void Change(Action change)
    {
        lock (_gate)
        {
            change();
        }
    }

    public void Add(TrafficBrand brand) => Change(() => _brands.Add(brand));

    public void Forget(Predicate<TrafficTarget> targets) => Change(() => _scored.RemoveAll(targets));

    public void Forget(TrafficBrand brand) => Change(() =>
    {
        brand.Gone = true;
        _brands.Remove(brand);
        _scored.RemoveAll(target => target.Brand == brand);
    });

    private static async Task<Guid> AddAsync(NpgsqlDataSource source, TrafficSql sql, CancellationToken ct, params object[] values)
    {
        var command = source.CreateCommand(sql.Text);
        await using (command.ConfigureAwait(false))
        {
            command.Parameters.AddRange(values.Select(value => new NpgsqlParameter { Value = value }).ToArray());
            return await command.ExecuteScalarAsync(ct).ConfigureAwait(false) is Guid id ? id : Guid.Empty;
        }
    }
}

/// <summary>A brand as the application knows it; its lists change under the world's lock.</summary>
internal sealed class TrafficBrand(Guid id, Guid customer)
{
    public Guid Id { get; } = id;

    public Guid Customer { get; set; } = customer;

    public List<Guid> Prompts { get; } = [];

    public List<string> Competitors { get; } = [];

    public bool Gone { get; set; }

    public HashSet<Guid> GonePrompts { get; } = [];

    /// <summary>Names that competitors no longer have.</summary>
    public HashSet<string> GoneCompetitors { get; } = new(StringComparer.Ordinal);

    public HashSet<long> GoneResults { get; } = [];
}

/// <summary>A result to score.</summary>
internal sealed record TrafficTarget(TrafficBrand Brand, Guid Customer, Guid Prompt, string Collector, string[] Competitors)
{
    /// <summary>0 before it is collected.</summary>
    public long Result { get; init; }
}
