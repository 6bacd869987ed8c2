using Evidently.Schema.DatabaseTests.Packages;

namespace Evidently.Schema.DatabaseTests.Docs;

/// <summary>A fenced block of a document; a comment before it may say why it is not run.</summary>
public sealed record Block(string File, int Line, string Language, string Text, string? NotRunHere)
{
    private const string Marker = "<!-- not run here: ";

    // Its blocks follow from one another: Reads/DocumentTests.cs runs them.
    private const string RunInItsOwnOrder = "docs/reads.md";

    public static IEnumerable<Block> All() =>
        new[] { "README.md", "CONTRIBUTING.md", "SECURITY.md" }
            .Concat(Directory.EnumerateFiles(Path.Combine(Repository.Root, "docs"), "*.md").Select(file => Path.GetRelativePath(Repository.Root, file).Replace('\\', '/')).Where(file => file is not RunInItsOwnOrder).Order(StringComparer.Ordinal))
            .SelectMany(In);

    public override string ToString() => $"{File}:{Line} {Language}";

    private static IEnumerable<Block> In(string file)
    {
        var lines = System.IO.File.ReadAllLines(Path.Combine(Repository.Root, file));
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (!line.StartsWith("```", StringComparison.Ordinal))
            {
                continue;
            }

            var indent = lines[i].IndexOf('`', StringComparison.Ordinal);
            var before = i > 0 ? lines[i - 1].Trim() : string.Empty;
            var end = Array.FindIndex(lines, i + 1, next => next.Trim() is "```");
            yield return new Block(
                file,
                i + 1,
                line[3..],
                string.Join('\n', lines[(i + 1)..end].Select(text => text.Length >= indent ? text[indent..] : text)),
                before.StartsWith(Marker, StringComparison.Ordinal) ? before[Marker.Length..].Replace(" -->", string.Empty, StringComparison.Ordinal) : null);
            i = end;
        }
    }
}
