using System.Globalization;
using Npgsql;

namespace Evidently.Schema.Testing.Rest;

/// <summary>PostgREST's settings as environment variables: <c>db-uri</c> is <c>PGRST_DB_URI</c>.</summary>
internal static class RestSettings
{
    public static IReadOnlyDictionary<string, string> Of(string connectionString, PostgRestServerOptions options, int port, int admin, byte[] secret)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["db-uri"] = Libpq(new NpgsqlConnectionStringBuilder(connectionString)),
            ["db-schemas"] = string.Join(',', options.Schemas),
            ["db-anon-role"] = options.AnonymousRole,
            ["jwt-secret"] = Convert.ToBase64String(secret),
            ["jwt-secret-is-base64"] = "true",
            ["server-host"] = "127.0.0.1",
            ["server-port"] = port.ToString(CultureInfo.InvariantCulture),
            ["admin-server-port"] = admin.ToString(CultureInfo.InvariantCulture),
        };
        foreach (var (name, value) in options.Settings)
        {
            settings[name] = value;
        }

        return settings.ToDictionary(setting => "PGRST_" + setting.Key.ToUpperInvariant().Replace('-', '_'), setting => setting.Value, StringComparer.Ordinal);
    }

    /// <summary>What libpq needs of it, in its keywords and values.</summary>
    private static string Libpq(NpgsqlConnectionStringBuilder target) => string.Join(
        ' ',
        new[]
            {
                ("host", target.Host), ("port", target.Port.ToString(CultureInfo.InvariantCulture)), ("dbname", target.Database), ("user", target.Username),
                ("password", target.Password),
            }
            .Where(part => !string.IsNullOrEmpty(part.Item2))
            .Select(part => $"{part.Item1}='{part.Item2!.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'"));
}
