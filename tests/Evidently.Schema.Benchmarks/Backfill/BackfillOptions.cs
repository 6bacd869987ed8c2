using System.Globalization;
using Evidently.Schema.Hosting;

namespace Evidently.Schema.Benchmarks.Backfill;

/// <summary>What the command line asks for.</summary>
internal sealed record BackfillOptions
{
    public const string Usage = """
        Usage: dotnet run -c Release --project tests/Evidently.Schema.Benchmarks -- backfill [options]

          --rows 60000,600000        legacy rows, one or more sizes; 6 rows make a result. 6000000 takes half an hour and 25 GB
          --runs 3                   runs of each contender; printed are the median and the range
          --script-results 1000      results the plan's script migrates, in batches spread over history, its rate extrapolated; 0: all of them
          --workers 2                sessions that copy history at once, 1 to 4 (SchemaOptions.BackfillWorkers)
        """;

    public const int RowsPerResult = 6;

    /// <value>60,000 and 600,000.</value>
    public IReadOnlyList<int> Rows { get; init; } = [60_000, 600_000];

    /// <value>3.</value>
    public int Runs { get; init; } = 3;

    /// <value>1,000.</value>
    public int ScriptResults { get; init; } = 1_000;

    /// <value>The default of SchemaOptions.BackfillWorkers.</value>
    public int Workers { get; init; } = new SchemaOptions().BackfillWorkers;

    /// <summary>Characters of an answer: the more rows, the shorter, so that each size fits a disk.</summary>
    public static int AnswerLength(int rows) => rows switch
    {
        <= 60_000 => 30_000,
        <= 600_000 => 2_000,
        _ => 200,
    };

    /// <exception cref="FormatException">The arguments cannot be used.</exception>
    public static BackfillOptions Parse(string[] args)
    {
        var options = new BackfillOptions();
        for (var i = 1; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : throw new FormatException($"{args[i]} needs a value.");
            options = args[i] switch
            {
                "--rows" => options with { Rows = [.. value.Split(',').Select(rows => Number(args[i], rows, RowsPerResult)).Order()] },
                "--runs" => options with { Runs = Number(args[i], value, 1) },
                "--script-results" => options with { ScriptResults = Number(args[i], value, 0) },
                "--workers" => options with { Workers = Number(args[i], value, 1) },
                _ => throw new FormatException($"There is no argument {args[i]}."),
            };
        }

        return options;
    }

    private static int Number(string name, string text, int least) =>
        int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && number >= least
            ? number
            : throw new FormatException($"{name} needs a whole number of at least {least}, not \"{text}\".");
}
