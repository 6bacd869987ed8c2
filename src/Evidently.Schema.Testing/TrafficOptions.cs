namespace Evidently.Schema.Testing;

/// <summary>What <see cref="ApplicationTraffic"/> does, how often, and through which doors.</summary>
public sealed record TrafficOptions
{
    /// <summary>The application's way in. Two sets of clients use it, each with a pool of its own: one prepares what it repeats, one does not.</summary>
    public required string ConnectionString { get; init; }

    /// <summary>The way in through a pooler in transaction mode, for a third set of clients, which prepares nothing.</summary>
    /// <value>Default: null, no such set.</value>
    public string? PoolerConnectionString { get; init; }

    /// <summary>Results scored a second, over all sets: a DELETE and an INSERT each, and later an UPDATE a row.</summary>
    /// <value>Default: 4.</value>
    public double ResultsPerSecond { get; init; } = 4;

    /// <summary>Pages read a second, over all sets.</summary>
    /// <value>Default: 16.</value>
    public double ReadsPerSecond { get; init; } = 16;

    /// <summary>What is done by hand a second: a result, prompt, competitor or brand deleted or changed, others added.</summary>
    /// <value>Default: 1.</value>
    public double HandsPerSecond { get; init; } = 1;

    /// <summary>How long a result's sentiment comes after its rows, at most. In an application it is minutes.</summary>
    /// <value>Default: 2 seconds.</value>
    public TimeSpan SentimentWithin { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The sessions' <c>statement_timeout</c>; a statement that runs into it has failed. Through a pooler the role's or the pooler's own holds.</summary>
    /// <value>Default: 10 seconds.</value>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Connections of each set's pool. Who finds none free waits for one, and that counts.</summary>
    /// <value>Default: 8.</value>
    public int PoolSize { get; init; } = 8;

    /// <summary>The seed of what is chosen; what happens depends on timing too.</summary>
    /// <value>Default: 1.</value>
    public int Seed { get; init; } = 1;
}
