using System.Globalization;

namespace Demo;

/// <summary>What the command line asks for.</summary>
internal sealed record DemoOptions
{
    public const string Usage = """
        Builds a legacy database, migrates it to the star schema (phases 1 to 5, up to the old table's archive) while an application writes and
        reads, verifies it, and prints what became of it.

        Usage: dotnet run --project samples/Demo [-- options]

          --results N         results in the legacy database, 6 rows each; 1 to 1,000,000 (default 10,000)
          --answer-length N   characters of an answer, stored with every row; 0 to 1,000,000 (default 30,000)
          --connection "…"    a superuser's connection string to a running PostgreSQL 15 or later; the demo makes a database of its own there
                              (default: EVIDENTLY_SCHEMA_TEST_DB, else installed binaries, Docker, or a download)
          --keep              leave the migrated database behind and print how to reach and remove it
          --help              this text

        Exit codes: 0 done and verified, 1 failed, 2 bad arguments, 130 interrupted.
        """;

    private const int MostResults = 1_000_000;
    private const int LongestAnswer = 1_000_000;

    /// <value>The plan's: 10,000 results, 60,000 rows.</value>
    public int Results { get; init; } = 10_000;

    /// <value>30,000, which makes the plan's 1,840 MB.</value>
    public int AnswerLength { get; init; } = 30_000;

    public string? Connection { get; init; }

    public bool Keep { get; init; }

    public bool Help { get; init; }

    /// <exception cref="FormatException">The arguments cannot be used: the message is one line that says why.</exception>
    public static DemoOptions Parse(string[] args)
    {
        var options = new DemoOptions();
        for (var i = 0; i < args.Length; i++)
        {
            var (name, value) = args[i].Split('=', 2) is [var left, var right] ? (left, right) : (args[i], null);
            options = name switch
            {
                "--results" => options with { Results = Number(name, value ?? Next(), 1, MostResults) },
                "--answer-length" => options with { AnswerLength = Number(name, value ?? Next(), 0, LongestAnswer) },
                "--connection" => options with { Connection = value ?? Next() },
                "--keep" when value is null => options with { Keep = true },
                "--help" or "-h" or "-?" when value is null => options with { Help = true },
                _ => throw new FormatException($"There is no argument {args[i]}."),
            };

            string Next() => i + 1 < args.Length ? args[++i] : throw new FormatException($"{name} needs a value.");
        }

        return options;
    }

    private static int Number(string name, string text, int least, int most) =>
        int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most
            ? number
            : throw new FormatException($"{name} needs a whole number from {least:N0} to {most:N0}, not \"{text}\".");
}
