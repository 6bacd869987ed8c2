using MysticMind.PostgresEmbed;

namespace Evidently.Schema.Testing.Server;

/// <summary>Fetches server binaries once. Only fetches: its own starter cannot run as root and does not survive kill -9.</summary>
internal static class EmbeddedBinaries
{
    public static async Task<string> FetchAsync(PostgresServerOptions options, CancellationToken ct)
    {
        var server = new PgServer(new PgServerOptions
        {
            PgVersion = options.EmbeddedVersion,
            MavenRepo = options.EmbeddedRepository ?? PgServerOptions.DefaultMavenRepo,
            BinariesDir = options.EmbeddedCacheDirectory ?? DefaultCache(),
            DbDir = Path.GetTempPath(),
        });
        await using (server.ConfigureAwait(false))
        {
            await server.InstallAsync(ct).ConfigureAwait(false);
            return Path.Combine(server.InstallDir, "bin");
        }
    }

    private static string DefaultCache() =>
        !OperatingSystem.IsWindows() && string.Equals(Environment.UserName, "root", StringComparison.Ordinal)
            ? "/var/cache/evidently-schema"
            : Path.Combine(PgCache.DefaultDirectory, "binaries");
}
