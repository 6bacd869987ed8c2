namespace Evidently.Schema.Benchmarks.Backfill;

/// <summary>The same thing measured several times.</summary>
internal sealed record Sample(IReadOnlyList<double> Values)
{
    public double Median
    {
        get
        {
            double[] sorted = [.. Values.Order()];
            var middle = sorted.Length / 2;
            return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
        }
    }

    public string Text(string format) =>
        Values.Count == 1 ? Median.ToString(format) : $"{Median.ToString(format)} ({Values.Min().ToString(format)}–{Values.Max().ToString(format)})";

    public Sample Select(Func<double, double> value) => new([.. Values.Select(value)]);
}
