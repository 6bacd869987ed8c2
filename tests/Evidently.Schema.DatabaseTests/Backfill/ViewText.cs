using System.Text.RegularExpressions;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>
/// Text of the projection's views alike on every server: PostgreSQL 15 prints the columns of a query's only source with its name before them,
/// 16 and later do so in a subquery alone.
/// </summary>
internal static partial class ViewText
{
    public static string Of(string view, string text)
    {
        var onOneLine = Spaces().Replace(text, " ");
        return view switch
        {
            "legacy_rows" => onOneLine.Replace("ep.", string.Empty, StringComparison.Ordinal),
            "query_topics" => onOneLine.Replace("q.", string.Empty, StringComparison.Ordinal),
            "projected_rows" => Outermost().Replace(onOneLine, string.Empty),
            _ => text,
        };
    }

    [GeneratedRegex(@"\s+", RegexOptions.None, 10_000)]
    private static partial Regex Spaces();

    [GeneratedRegex(@"\bp\.", RegexOptions.None, 10_000)]
    private static partial Regex Outermost();
}
