namespace Evidently.Schema.Testing;

/// <summary>The files embedded in this assembly.</summary>
internal static class Resources
{
    public static string Read(string name)
    {
        using var stream = typeof(Resources).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The assembly holds no file {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
