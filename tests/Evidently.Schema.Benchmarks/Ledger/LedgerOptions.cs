using Evidently.Schema.Benchmarks.Backfill;

namespace Evidently.Schema.Benchmarks.Ledger;

/// <summary>What the command line asks for.</summary>
internal sealed record LedgerOptions(IReadOnlyList<int> Rows, int Runs)
{
    public const string Usage = """
        Usage: dotnet run -c Release --project tests/Evidently.Schema.Benchmarks -- ledger [options]

          --rows 60000,600000        legacy rows, for backfill and reads
          --runs 3                   runs of each contender of backfill and dual-write
        """;

    /// <exception cref="FormatException">The arguments cannot be used.</exception>
    public static LedgerOptions Parse(string[] args)
    {
        if (args.Where((_, n) => n % 2 == 1).FirstOrDefault(name => name is not ("--rows" or "--runs")) is { } unknown)
        {
            throw new FormatException($"There is no argument {unknown}.");
        }

        var parsed = BackfillOptions.Parse(args);
        return new(parsed.Rows, parsed.Runs);
    }
}
