namespace Evidently.Schema.Benchmarks;

/// <summary>A figure against what it is to reach, as text with its unit.</summary>
internal sealed record Target(string What, string Measured, string Reach, bool Reached)
{
    /// <summary>As a table of Markdown.</summary>
    public static void Write(TextWriter output, IEnumerable<Target> targets)
    {
        output.WriteLine("""

            | what | measured | to reach | |
            |---|---:|---:|---|
            """);
        foreach (var target in targets)
        {
            output.WriteLine($"| {target.What} | {target.Measured} | {target.Reach} | {(target.Reached ? "reached" : "not reached")} |");
        }
    }
}
