using System.Globalization;

namespace Evidently.Schema.Benchmarks.Proof;

/// <summary>What the command line asks for.</summary>
internal sealed record ProofOptions
{
    public const string Usage = """
        Usage: dotnet run -c Release --project tests/Evidently.Schema.Benchmarks -- proof [options]

          --minutes 5           how long the application works beside all phases, up, down and up; the migrations' own time is added
          --rows 60000          legacy rows that are there before it begins, answers of 2,000 characters
          --results 8           results scored a second, about 12 statements each
          --reads 30            pages read a second
        """;

    public const int AnswerLength = 2_000;
    public const int RowsOfResult = 6;

    /// <value>5.</value>
    public int Minutes { get; init; } = 5;

    /// <value>60,000.</value>
    public int Rows { get; init; } = 60_000;

    /// <value>8.</value>
    public int Results { get; init; } = 8;

    /// <value>30.</value>
    public int Reads { get; init; } = 30;

    /// <exception cref="FormatException">The arguments cannot be used.</exception>
    public static ProofOptions Parse(string[] args)
    {
        var options = new ProofOptions();
        for (var i = 1; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length && int.TryParse(args[i + 1], NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && number > 0
                ? number
                : throw new FormatException($"{args[i]} needs a whole number of at least 1.");
            options = args[i] switch
            {
                "--minutes" => options with { Minutes = value },
                "--rows" => options with { Rows = value },
                "--results" => options with { Results = value },
                "--reads" => options with { Reads = value },
                _ => throw new FormatException($"There is no argument {args[i]}."),
            };
        }

        return options;
    }
}
