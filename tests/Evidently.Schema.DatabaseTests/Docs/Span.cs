using System.Text.RegularExpressions;
using Evidently.Schema.DatabaseTests.Packages;

namespace Evidently.Schema.DatabaseTests.Docs;

/// <summary>A command within the text of a document, whole: an ellipsis makes it no command. A comment before its paragraph may say why it is not run.</summary>
internal sealed partial record Span(string File, string Text, string? NotRunHere)
{
    private const string Marker = "<!-- not run here: ";

    public bool IsSql => Text.EndsWith(';');

    public static IEnumerable<Span> All() =>
        new[] { "README.md", "CONTRIBUTING.md", "SECURITY.md" }
            .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md").Select(file => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/')).Order(StringComparer.Ordinal))
            .SelectMany(file => Paragraphs(System.IO.File.ReadAllText(Path.Combine(Repository.Root, file)).ReplaceLineEndings("\n")).SelectMany(paragraph =>
                Command().Matches(paragraph)
                    .Select(match => LineBreak().Replace(match.Groups["text"].Value, " "))
                    .Where(text => !text.Contains('…', StringComparison.Ordinal) || text.EndsWith(';'))
                    .Select(text => new Span(file, text, Reason(paragraph)))));

    public override string ToString() => $"{File}: {Text}";

    /// <summary>Blocks are <see cref="Block"/>'s.</summary>
    private static string[] Paragraphs(string document) => Fenced().Replace(document, string.Empty).Split("\n\n");

    private static string? Reason(string paragraph) => paragraph.Trim().StartsWith(Marker, StringComparison.Ordinal)
        ? paragraph.Trim()[Marker.Length..].Split(" -->")[0]
        : null;

    [GeneratedRegex("^```.*?^```", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Fenced();

    [GeneratedRegex("`(?<text>((SELECT|UPDATE|CALL|INSERT|DELETE|NOTIFY|ALTER|GRANT|SET|CREATE) [^`]*;|(dotnet|evidently-schema|psql|apt-get|npm|git) [^`]*))`", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Command();

    [GeneratedRegex(@"\s*\n\s*", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex LineBreak();
}
