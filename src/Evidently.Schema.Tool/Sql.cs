using System.Text;

namespace Evidently.Schema.Tool;

/// <summary>The statements of the tool, and those of the migrations, from embedded files.</summary>
internal static class Sql
{
    public static string Own(string file) => Read(typeof(Sql), file);

    public static string OfMigrations(string file) => Read(typeof(Phase), file);

    private static string Read(Type of, string file)
    {
        using var stream = of.Assembly.GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"{file} is not embedded in {of.Assembly.GetName().Name}.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
