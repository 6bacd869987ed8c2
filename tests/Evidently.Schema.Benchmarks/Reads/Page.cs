namespace Evidently.Schema.Benchmarks.Reads;

/// <summary>A page today, one statement whose rows the application aggregates, and the function that replaces it.</summary>
internal sealed record Page
{
    public required string Function { get; init; }

    /// <summary>Of the rows the page needs, which it reads with all their columns.</summary>
    public required Func<PageRange, Condition[]> Today { get; init; }

    /// <summary>A column the page's rows are ordered by.</summary>
    public string? Order { get; init; }

    /// <summary>The rows of <see cref="Function"/>, from those of <see cref="Today"/>.</summary>
    public required Func<Rows, IEnumerable<object?[]>> Aggregate { get; init; }

    /// <summary>What <see cref="Function"/> is called with, by name.</summary>
    public required Func<PageRange, (string Name, object Value)[]> CallWith { get; init; }
}
