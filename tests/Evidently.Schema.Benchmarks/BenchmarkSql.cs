namespace Evidently.Schema.Benchmarks;

/// <summary>The embedded <c>.sql</c> files.</summary>
internal static class BenchmarkSql
{
    public static string Read(string file)
    {
        using var reader = new StreamReader(typeof(BenchmarkSql).Assembly.GetManifestResourceStream(file)!);
        return reader.ReadToEnd();
    }
}
