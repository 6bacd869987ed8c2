using System.Collections;
using System.Globalization;

namespace Evidently.Schema.Benchmarks.Reads;

/// <summary>Rows of a page as text, to compare: a wrong answer would be fast.</summary>
internal static class Shown
{
    private const int Digits = 8;

    public static void RequireSame(Page page, string version, List<object?[]> today, List<object?[]> now)
    {
        var difference = today.Count != now.Count
            ? $"{now.Count} rows instead of {today.Count}"
            : today.Zip(now, (was, becomes) => (Text(was), Text(becomes))).Where(pair => !string.Equals(pair.Item1, pair.Item2, StringComparison.Ordinal)).Select(pair => $"{pair.Item2} instead of {pair.Item1}").FirstOrDefault();
        if (today.Count == 0 || difference is not null)
        {
            throw new InvalidOperationException($"{page.Function}, {version}, does not show what the page shows today: {difference ?? "nothing"}.");
        }
    }

    private static string Text(object?[] row) => string.Join(" | ", row.Select(Text));

    private static string Text(object? value) => value switch
    {
        null or DBNull => "NULL",
        decimal number => Math.Round(number, Digits).ToString("0.########", CultureInfo.InvariantCulture),
        string text => text,
        DateTime time => time.ToString("O", CultureInfo.InvariantCulture),
        IEnumerable list => string.Join(',', list.Cast<object?>().Select(Text)),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
    };
}
