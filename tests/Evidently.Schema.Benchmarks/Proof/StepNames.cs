namespace Evidently.Schema.Benchmarks.Proof;

/// <summary>Which file of the migrations a statement is; of others, how it begins.</summary>
internal static class StepNames
{
    /// <summary>Files begin with what they do, and differ within so many characters; the server shows no more than 1,023 bytes.</summary>
    private const int Compared = 400;

    private static readonly Lazy<(string File, string Text)[]> Files = new(() => [.. typeof(Phase).Assembly.GetManifestResourceNames()
        .Where(file => file.EndsWith(".sql", StringComparison.Ordinal)).Select(file => (file, Begin(Read(file))))]);

    public static string Of(string query)
    {
        var begin = Begin(query);
        return Array.Find(Files.Value, file => file.Text.StartsWith(begin, StringComparison.Ordinal) || begin.StartsWith(file.Text, StringComparison.Ordinal)).File
            ?? begin.Split('\n')[0][..Math.Min(70, begin.Split('\n')[0].Length)];
    }

    private static string Begin(string text) => text.TrimStart()[..Math.Min(Compared, text.TrimStart().Length)].TrimEnd();

    private static string Read(string file)
    {
        using var reader = new StreamReader(typeof(Phase).Assembly.GetManifestResourceStream(file)!);
        return reader.ReadToEnd();
    }
}
