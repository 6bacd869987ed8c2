namespace Evidently.Schema.Testing;

/// <summary>Which server <see cref="PostgresServer.StartAsync"/> takes and how it is set. Everything has a default.</summary>
public sealed class PostgresServerOptions
{
    /// <summary>The environment variable read when <see cref="ConnectionString"/> is null.</summary>
    public const string ConnectionStringVariable = "EVIDENTLY_SCHEMA_TEST_DB";

    /// <summary>The version fetched when nothing else is found.</summary>
    public const string DefaultEmbeddedVersion = "17.6.0";

    /// <summary>The image run when only a Docker engine is found.</summary>
    public const string DefaultDockerImage = "postgres:17-alpine";

    /// <summary>A running server, as a superuser.</summary>
    /// <value>Default: the environment variable <c>EVIDENTLY_SCHEMA_TEST_DB</c>. Once set, no other source is tried after it.</value>
    public string? ConnectionString { get; init; }

    /// <summary>The sources tried, in this order.</summary>
    /// <value>Default: Environment, Installed, Docker, Embedded.</value>
    public IReadOnlyList<PostgresServerSource> Sources { get; init; } =
    [
        PostgresServerSource.Environment, PostgresServerSource.Installed, PostgresServerSource.Docker, PostgresServerSource.Embedded,
    ];

    /// <summary>The folder with <c>initdb</c>, <c>pg_ctl</c> and <c>postgres</c>.</summary>
    /// <value>Default: searched on the PATH and in the usual places, newest version first.</value>
    public string? BinariesDirectory { get; init; }

    /// <summary>The version to fetch: an exact one, or <c>17</c> for the newest 17 that is published.</summary>
    /// <value>Default: <see cref="DefaultEmbeddedVersion"/>.</value>
    public string EmbeddedVersion { get; init; } = DefaultEmbeddedVersion;

    /// <summary>The base address the binaries are fetched from, for a mirror or a proxy.</summary>
    /// <value>Default: that of MysticMind.PostgresEmbed.</value>
    public string? EmbeddedRepository { get; init; }

    /// <summary>Where fetched binaries are kept.</summary>
    /// <value>Default: the cache folder of MysticMind.PostgresEmbed; for root <c>/var/cache/evidently-schema</c>, because the server
    /// runs as another user, who cannot enter root's home.</value>
    public string? EmbeddedCacheDirectory { get; init; }

    /// <summary>Server settings, as in postgresql.conf; they win over the defaults.</summary>
    /// <value>Default: none. Servers of ours start with <c>fsync</c> and <c>full_page_writes</c> off, <c>max_connections</c> 200 and
    /// <c>shared_buffers</c> 256MB; <c>synchronous_commit</c> stays on, so that what is committed survives a crash of the server (not of the
    /// machine). Not applied to <see cref="PostgresServerSource.Environment"/>.</value>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Whether <see cref="PostgresServer.KeepAsync"/> may be called. It makes a difference in Docker only: the container's own
    /// clean-up is then left to <see cref="PostgresServer.DisposeAsync"/>, and a killed process leaves it behind.</summary>
    /// <value>Default: false.</value>
    public bool Keepable { get; init; }

    /// <summary>The Docker image.</summary>
    /// <value>Default: <see cref="DefaultDockerImage"/>.</value>
    public string DockerImage { get; init; } = DefaultDockerImage;

    internal SortedDictionary<string, string> EffectiveSettings()
    {
        var settings = new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase)
        {
            ["fsync"] = "off",
            ["full_page_writes"] = "off",
            ["max_connections"] = "200",
            ["shared_buffers"] = "256MB",
            ["max_wal_size"] = "2GB",
            ["shared_preload_libraries"] = "",
        };
        foreach (var (name, value) in Settings)
        {
            settings[name] = value;
        }

        return settings;
    }
}
