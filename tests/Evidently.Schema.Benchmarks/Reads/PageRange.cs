namespace Evidently.Schema.Benchmarks.Reads;

/// <summary>What a page is asked for: one brand's last thirty days.</summary>
internal sealed record PageRange
{
    public required Guid Brand { get; init; }

    public required Guid Customer { get; init; }

    /// <summary>Inclusive; the start of a UTC day over which no result of the brand straddles.</summary>
    public required DateTime From { get; init; }

    /// <summary>Exclusive.</summary>
    public required DateTime To { get; init; }

    /// <summary>The brand's results created in the range, ascending.</summary>
    public required long[] Results { get; init; }

    /// <summary>Ten of the brand's prompts.</summary>
    public required Guid[] Prompts { get; init; }
}
