using System.Globalization;
using Evidently.Schema.Benchmarks.Backfill;

namespace Evidently.Schema.Benchmarks.Reads;

/// <summary>What the command line asks for.</summary>
internal sealed record ReadsOptions
{
    public const string Usage = """
        Usage: dotnet run -c Release --project tests/Evidently.Schema.Benchmarks -- reads [options]

          --rows 60000,600000        legacy rows, one or more sizes; 6 rows make a result
          --brands 1                 brands that share the results; without it 10, 32 or 100 by size
          --runs 20                  calls of each page in each version, going round five brands; printed are the median and the range
        """;

    /// <summary>Brands whose pages are read.</summary>
    public const int BrandsRead = 5;

    /// <summary>Days of a page, of <see cref="Days"/> that there are.</summary>
    public const int DaysRead = 30;

    public const int Days = 90;

    /// <value>60,000 and 600,000.</value>
    public IReadOnlyList<int> Rows { get; init; } = [60_000, 600_000];

    /// <value>Null: by size.</value>
    public int? Brands { get; init; }

    /// <value>20.</value>
    public int Runs { get; init; } = 20;

    /// <summary>
    /// The plan's 10,000 results are ten brands of a thousand. A product grows both ways, in brands and in results of each, so both grow by the root of
    /// ten from size to size: a million results are a hundred brands of ten thousand. A brand has as many prompts as there are brands: a prompt keeps its hundred results.
    /// </summary>
    public int BrandsOf(int rows) => Brands ?? rows switch
    {
        <= 60_000 => 10,
        <= 600_000 => 32,
        _ => 100,
    };

    /// <exception cref="FormatException">The arguments cannot be used.</exception>
    public static ReadsOptions Parse(string[] args)
    {
        var options = new ReadsOptions();
        for (var i = 1; i < args.Length; i += 2)
        {
            var value = i + 1 < args.Length ? args[i + 1] : throw new FormatException($"{args[i]} needs a value.");
            options = args[i] switch
            {
                "--rows" => options with { Rows = [.. value.Split(',').Select(rows => Number(args[i], rows, 1_000 * BackfillOptions.RowsPerResult)).Order()] },
                "--brands" => options with { Brands = Number(args[i], value, 1) },
                "--runs" => options with { Runs = Number(args[i], value, 1) },
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
