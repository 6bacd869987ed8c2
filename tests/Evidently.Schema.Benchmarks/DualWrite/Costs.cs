namespace Evidently.Schema.Benchmarks.DualWrite;

/// <summary>Milliseconds a result: for saving it, its sentiment, and for what is done on the star alone, which for the plan's writer is part of saving it.</summary>
internal sealed record ResultCosts(double Save, double Sentiment, double Star)
{
    /// <summary>Nothing was measured.</summary>
    public static readonly ResultCosts None = new(double.NaN, double.NaN, double.NaN);

    public override string ToString() => double.IsNaN(Save) ? "not measured" : Save > 0 ? $"{Save:N2} and {Sentiment:N2} ms" : $"{Star:N2} ms";
}

/// <summary>A result with the application on the server's machine, at a distance and over PostgREST there; microseconds a row in bulk; milliseconds of a round trip at the distance.</summary>
internal sealed record Costs(ResultCosts Near, ResultCosts Away, ResultCosts Rest, double Bulk, double RoundTrip)
{
    public override string ToString() => $"a result saved and its sentiment {Near}; {RoundTrip:N2} ms away {Away}; over PostgREST {Rest}; {Bulk:N1} µs a row in bulk";
}
