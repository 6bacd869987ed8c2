using Evidently.Schema.Benchmarks.Backfill;

namespace Evidently.Schema.Benchmarks.Reads;

/// <summary>What was measured at one size; milliseconds.</summary>
internal sealed record ReadsFigures
{
    public required int Rows { get; init; }

    public required int Brands { get; init; }

    /// <summary>Results a brand has in the range, on average.</summary>
    public required double Results { get; init; }

    /// <summary>One a client.</summary>
    public required IReadOnlyList<PlanFigures> Plan { get; init; }

    /// <summary>One a page and client.</summary>
    public required IReadOnlyList<PageFigures> Pages { get; init; }

    /// <summary>How often a table of the star was read from end to end by all these calls, in every version.</summary>
    public long StarScans { get; init; }

    /// <summary>One a page.</summary>
    public required IReadOnlyList<First> First { get; init; }
}

/// <summary>The plan's old dashboard read, against both of ours from the star.</summary>
internal sealed record PlanFigures(string Client, Sample Old, Sample Dashboard, Sample Daily);

internal sealed record PageFigures(string Client, Page Page, int RowsRead, Sample Today, Sample Legacy, Sample Star);

/// <summary>The first call of a session, which plans everything.</summary>
internal sealed record First(Page Page, double Today, double Legacy, double Star);
