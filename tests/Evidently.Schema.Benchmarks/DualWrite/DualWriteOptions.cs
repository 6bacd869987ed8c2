using System.Globalization;

namespace Evidently.Schema.Benchmarks.DualWrite;

/// <summary>What the command line asks for.</summary>
internal sealed record DualWriteOptions
{
    public const string Usage = """
        Usage: dotnet run -c Release --project tests/Evidently.Schema.Benchmarks -- dual-write [options]

          --results 2000        results scored one by one, by each contender
          --bulk-rows 100000    legacy rows inserted by one statement
          --distance 500        microseconds between application and server, for the second measurement of single results
          --runs 3              runs of each contender; printed are the median and the range
        """;

    public const int WarmUp = 200;

    /// <value>2,000.</value>
    public int Results { get; init; } = 2_000;

    /// <value>100,000.</value>
    public int BulkRows { get; init; } = 100_000;

    /// <summary>Results scored at a distance.</summary>
    public int ResultsAway => (Results + 3) / 4;

    /// <summary>Results scored over PostgREST.</summary>
    public int ResultsOverRest => ResultsAway;

    /// <summary>All results that are scored, those to warm up included.</summary>
    public int AllResults => Results + ResultsAway + ResultsOverRest + (3 * WarmUp);

    /// <summary>Microseconds.</summary>
    /// <value>500.</value>
    public int Distance { get; init; } = 500;

    /// <value>3.</value>
    public int Runs { get; init; } = 3;

    /// <exception cref="FormatException">The arguments cannot be used.</exception>
    public static DualWriteOptions Parse(string[] args)
    {
        var options = new DualWriteOptions();
        for (var i = 1; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length && int.TryParse(args[i + 1], NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && number > 0
                ? number
                : throw new FormatException($"{args[i]} needs a whole number of at least 1.");
            options = args[i] switch
            {
                "--results" => options with { Results = value },
                "--bulk-rows" => options with { BulkRows = value },
                "--distance" => options with { Distance = value },
                "--runs" => options with { Runs = value },
                _ => throw new FormatException($"There is no argument {args[i]}."),
            };
        }

        return options;
    }
}
