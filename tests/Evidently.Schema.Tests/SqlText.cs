namespace Evidently.Schema.Tests;

/// <summary>Splits SQL at its top-level semicolons, past comments, strings, quoted names and dollar quotes.</summary>
internal static class SqlText
{
    /// <summary>The statements without their semicolons; the last one is blank when the text ends with a semicolon.</summary>
    public static IReadOnlyList<string> Split(string sql)
    {
        var statements = new List<string>();
        var code = new System.Text.StringBuilder();
        for (var i = 0; i < sql.Length;)
        {
            var end = TokenEnd(sql, i, out var comment);
            if (end == i + 1 && sql[i] == ';')
            {
                statements.Add(code.ToString());
                code.Clear();
            }
            else if (!comment)
            {
                code.Append(sql, i, end - i);
            }

            i = end;
        }

        statements.Add(code.ToString());
        return statements;
    }

    private static int TokenEnd(string sql, int start, out bool comment)
    {
        comment = false;
        switch (sql[start])
        {
            case '-' when At(sql, start, "--"):
                comment = true;
                return After(sql, "\n", start);
            case '/' when At(sql, start, "/*"):
                comment = true;
                return AfterComment(sql, start);
            case '\'':
                var escapes = start > 0 && sql[start - 1] is 'E' or 'e' && (start == 1 || !IsName(sql[start - 2]));
                return AfterQuote(sql, start, escapes);
            case '"':
                return AfterQuote(sql, start, backslashes: false);
            case '$' when start == 0 || !IsName(sql[start - 1]):
                return AfterDollarQuote(sql, start);
            default:
                return start + 1;
        }
    }

    private static int AfterQuote(string sql, int start, bool backslashes)
    {
        for (var i = start + 1; i < sql.Length; i++)
        {
            if (backslashes && sql[i] == '\\')
            {
                i++;
            }
            else if (sql[i] == sql[start])
            {
                // A doubled quote begins the next token, which closes at the real end.
                return i + 1;
            }
        }

        throw new FormatException($"The quote at {start} is not closed.");
    }

    private static int AfterComment(string sql, int start)
    {
        var depth = 0;
        for (var i = start; i < sql.Length - 1; i++)
        {
            if (At(sql, i, "/*"))
            {
                depth++;
                i++;
            }
            else if (At(sql, i, "*/"))
            {
                i++;
                if (--depth == 0)
                {
                    return i + 1;
                }
            }
        }

        throw new FormatException($"The comment at {start} is not closed.");
    }

    private static int AfterDollarQuote(string sql, int start)
    {
        var end = start + 1;
        while (end < sql.Length && IsName(sql[end]))
        {
            end++;
        }

        if (end == sql.Length || sql[end] != '$' || char.IsAsciiDigit(sql[start + 1]))
        {
            return start + 1;
        }

        var tag = sql[start..(end + 1)];
        var close = sql.IndexOf(tag, end + 1, StringComparison.Ordinal);
        return close >= 0 ? close + tag.Length : throw new FormatException($"The dollar quote {tag} at {start} is not closed.");
    }

    private static int After(string sql, string text, int start) => sql.IndexOf(text, start, StringComparison.Ordinal) is var found and >= 0 ? found + text.Length : sql.Length;

    private static bool At(string sql, int index, string text) => string.CompareOrdinal(sql, index, text, 0, text.Length) == 0;

    private static bool IsName(char character) => char.IsAsciiLetterOrDigit(character) || character == '_';
}
