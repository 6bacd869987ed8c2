using System.Globalization;

namespace Evidently.Schema.Benchmarks.Startup;

/// <summary>What the command line asks for.</summary>
internal sealed record StartupBenchmarkOptions
{
    public const string Usage = """
        Usage: dotnet run -c Release --project tests/Evidently.Schema.Benchmarks -- startup [options]

          --hosts 8             hosts started at the same moment
          --results 1100        results of the legacy database
          --runs 5              printed are the median and the range
        """;

    /// <value>8.</value>
    public int Hosts { get; init; } = 8;

    /// <value>1,100.</value>
    public int Results { get; init; } = 1_100;

    /// <value>5.</value>
    public int Runs { get; init; } = 5;

    /// <exception cref="FormatException">The arguments cannot be used.</exception>
    public static StartupBenchmarkOptions Parse(string[] args)
    {
        var options = new StartupBenchmarkOptions();
        for (var i = 1; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length && int.TryParse(args[i + 1], NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && number > 0
                ? number
                : throw new FormatException($"{args[i]} needs a whole number of at least 1.");
            options = args[i] switch
            {
                "--hosts" when value > 1 => options with { Hosts = value },
                "--results" => options with { Results = value },
                "--runs" => options with { Runs = value },
                _ => throw new FormatException($"There is no argument {args[i]} {value}."),
            };
        }

        return options;
    }
}
