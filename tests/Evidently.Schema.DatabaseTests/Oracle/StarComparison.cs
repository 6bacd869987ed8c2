using System.Globalization;
using System.Text;
using NUnit.Framework;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>Compares row by row and value by value, and checks the conservation law.</summary>
internal static class StarComparison
{
    private const int Shown = 5;

    public static void AssertEqual(ExpectedStar expected, ActualStar actual) =>
        Assert.That(Differences(expected, actual.Tables), Is.Empty, "the star is not the one its legacy rows describe");

    /// <summary>A readable difference, or nothing.</summary>
    public static string Differences(ExpectedStar expected, StarTables actual)
    {
        var text = new StringBuilder();
        foreach (var (left, right) in expected.Tables.Star.Zip(actual.Star))
        {
            Compare(left, right, text);
        }

        Compare(expected.Tables.Rejected, actual.Rejected, text);
        Compare(expected.Tables.Daily, actual.Daily, text);
        Conserve(expected, actual, text);
        return text.ToString();
    }

    private static void Compare(StarTable expected, StarTable actual, StringBuilder text)
    {
        Report(text, $"{expected.Name}: expected twice", expected.Duplicates);
        Report(text, $"{expected.Name}: there twice", actual.Duplicates);
        Report(
            text,
            $"{expected.Name}: missing",
            [.. expected.Rows.Keys.Where(key => !actual.Rows.ContainsKey(key)).Select(key => Describe(expected, key))]);
        Report(
            text,
            $"{expected.Name}: extra",
            [.. actual.Rows.Keys.Where(key => !expected.Rows.ContainsKey(key)).Select(key => Describe(actual, key))]);
        Report(
            text,
            $"{expected.Name}: different",
            [.. expected.Rows.Keys.Where(actual.Rows.ContainsKey).Select(key => DescribeDifference(expected, actual, key)).OfType<string>()]);
    }

    private static string? DescribeDifference(StarTable expected, StarTable actual, string key)
    {
        var columns = Enumerable.Range(0, expected.Columns.Count)
            .Where(i => !AreEqual(expected.Columns[i], expected.Rows[key][i], actual.Rows[key][i]))
            .Select(i => $"{expected.Columns[i]} expected {Show(expected.Rows[key][i])} but was {Show(actual.Rows[key][i])}")
            .ToList();
        return columns.Count == 0 ? null : $"{key}: {string.Join("; ", columns)}";
    }

    private static bool AreEqual(string column, string? expected, string? actual)
    {
        var isAverage = column.StartsWith("avg_", StringComparison.Ordinal);
        var isSum = column.StartsWith("sum_", StringComparison.Ordinal);
        if (expected is null || actual is null || !(isAverage || isSum))
        {
            return string.Equals(expected, actual, StringComparison.Ordinal);
        }

        var difference = decimal.Parse(expected, CultureInfo.InvariantCulture) - decimal.Parse(actual, CultureInfo.InvariantCulture);
        return Math.Abs(difference) <= (isAverage ? 0.000_000_001m : 0m);
    }

    /// <summary>Every legacy row is projected or rejected with its reason, and nothing else is in either place.</summary>
    private static void Conserve(ExpectedStar expected, StarTables actual, StringBuilder text)
    {
        var lost = new List<string>();
        foreach (var row in expected.LegacyRows)
        {
            var isThere = expected.Projected.TryGetValue(row.Id, out var key)
                && (row.IsBrandRow ? actual.BrandMetrics : actual.CompetitorMetrics).Rows.ContainsKey(key);
            if (!isThere && !actual.Rejected.Rows.ContainsKey(row.Id))
            {
                lost.Add($"{row.Id} of result {Show(row["collector_result_id"])}");
            }
        }

        Report(text, "legacy rows neither projected nor rejected", lost);
        var ids = expected.LegacyRows.Select(row => row.Id).ToHashSet(StringComparer.Ordinal);
        Report(text, "rejected rows that are no legacy rows", [.. actual.Rejected.Rows.Keys.Where(id => !ids.Contains(id))]);
        var onlyRejected = actual.Rejected.Rows.Values.Count(row => row[1] is not RejectReason.UnknownLabel);
        var projected = actual.BrandMetrics.Rows.Count + actual.CompetitorMetrics.Rows.Count;
        if (projected + onlyRejected != expected.LegacyRows.Count)
        {
            text.AppendLine(
                $"conservation: {expected.LegacyRows.Count} legacy rows, but {projected} projected and {onlyRejected} rejected");
        }
    }

    private static void Report(StringBuilder text, string heading, List<string> items)
    {
        if (items.Count == 0)
        {
            return;
        }

        text.AppendLine($"{heading} ({items.Count})");
        items.Take(Shown).ToList().ForEach(item => text.AppendLine($"    {item}"));
    }

    private static string Describe(StarTable table, string key) =>
        $"{key}: {string.Join(", ", table.Columns.Zip(table.Rows[key], (column, value) => $"{column} {Show(value)}"))}";

    private static string Show(string? value) => value switch
    {
        null => "NULL",
        { Length: > 80 } => $"'{value[..77]}…' ({value.Length} characters)",
        _ => $"'{value}'",
    };
}
