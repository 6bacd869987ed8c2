using System.Runtime.CompilerServices;
using System.Text;

namespace Evidently.Schema.DatabaseTests.Oracle;

internal enum JsonKind
{
    Null,
    True,
    False,
    Number,
    Text,
    Array,
    Object,
}

/// <summary>A jsonb value: numbers are exact, the last of two equal keys stays.</summary>
internal sealed class Json(JsonKind kind)
{
    public JsonKind Kind { get; } = kind;

    public string Text { get; init; } = string.Empty;

    public ExactDecimal Number { get; init; }

    public IReadOnlyList<Json> Items { get; init; } = [];

    public IReadOnlyDictionary<string, Json> Members { get; init; } = new Dictionary<string, Json>(StringComparer.Ordinal);

    /// <summary>Reads what PostgreSQL printed, so that a failure is ours and not the data's.</summary>
    public static Json Parse(string text) =>
        JsonParser.TryParse(text) ?? throw new FormatException($"{text.Length} characters PostgreSQL gave as jsonb are not");

    /// <summary>One text for all values that jsonb's = finds equal.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        Write(text);
        return text.ToString();
    }

    /// <summary>Goes on upon another thread's stack where this one is nearly used up: a jsonb may be nested ten thousand levels deep.</summary>
    internal static T OnEnoughStack<T>(Func<T> run) => RuntimeHelpers.TryEnsureSufficientExecutionStack() ? run() : Task.Run(run).GetAwaiter().GetResult();

    private void Write(StringBuilder text)
    {
        switch (Kind)
        {
            case JsonKind.Null:
                text.Append("null");
                break;
            case JsonKind.True:
                text.Append("true");
                break;
            case JsonKind.False:
                text.Append("false");
                break;
            case JsonKind.Number:
                text.Append(Number.ToCanonicalString());
                break;
            case JsonKind.Text:
                WriteText(text, Text);
                break;
            case JsonKind.Array:
                OnEnoughStack(() => WriteItems(text));
                break;
            default:
                OnEnoughStack(() => WriteMembers(text));
                break;
        }
    }

    private StringBuilder WriteItems(StringBuilder text)
    {
        text.Append('[');
        for (var i = 0; i < Items.Count; i++)
        {
            text.Append(i == 0 ? string.Empty : ",");
            Items[i].Write(text);
        }

        return text.Append(']');
    }

    private StringBuilder WriteMembers(StringBuilder text)
    {
        text.Append('{');
        var first = true;
        foreach (var (key, value) in Members.OrderBy(member => member.Key, StringComparer.Ordinal))
        {
            text.Append(first ? string.Empty : ",");
            first = false;
            WriteText(text, key);
            text.Append(':');
            value.Write(text);
        }

        return text.Append('}');
    }

    private static void WriteText(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (var c in value)
        {
            _ = c is '"' or '\\' ? text.Append('\\').Append(c) : c < ' ' ? text.Append($"\\u{(int)c:x4}") : text.Append(c);
        }

        text.Append('"');
    }
}
