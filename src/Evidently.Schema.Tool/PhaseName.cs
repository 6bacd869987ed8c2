using System.CommandLine;
using System.CommandLine.Parsing;

namespace Evidently.Schema.Tool;

/// <summary>A phase on the command line: its name in any case, its number, or its name with hyphens.</summary>
internal static class PhaseName
{
    public static Option<Phase> Option(string description, Phase? fallback)
    {
        var option = new Option<Phase>("--to") { Description = description, CustomParser = Parse, Required = fallback is null };
        if (fallback is { } phase)
        {
            option.DefaultValueFactory = _ => phase;
        }

        return option;
    }

    private static Phase Parse(ArgumentResult argument)
    {
        var text = argument.Tokens.Count == 1 ? argument.Tokens[0].Value : string.Empty;
        var name = text.Replace("-", string.Empty, StringComparison.Ordinal);
        if (Enum.TryParse<Phase>(name, ignoreCase: true, out var phase) && Enum.IsDefined(phase))
        {
            return phase;
        }

        var near = Enum.GetNames<Phase>().MinBy(known => Distance(known.ToUpperInvariant(), name.ToUpperInvariant()))!;
        argument.AddError(
            $"There is no phase \"{text}\"{(Distance(near.ToUpperInvariant(), name.ToUpperInvariant()) <= 3 ? $"; did you mean {near}?" : ".")} Phases are {string.Join(", ", Enum.GetValues<Phase>().Select(known => $"{(int)known} {known}"))}.");
        return Phase.None;
    }

    /// <summary>Levenshtein's.</summary>
    private static int Distance(string one, string other)
    {
        var row = Enumerable.Range(0, other.Length + 1).ToArray();
        for (var i = 1; i <= one.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= other.Length; j++)
            {
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j], row[j - 1]) + 1, diagonal + (one[i - 1] == other[j - 1] ? 0 : 1)));
            }
        }

        return row[^1];
    }
}
