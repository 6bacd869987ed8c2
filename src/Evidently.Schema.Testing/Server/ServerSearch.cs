using Npgsql;

namespace Evidently.Schema.Testing.Server;

/// <summary>Tries the sources in order and remembers why each had nothing.</summary>
internal sealed class ServerSearch(PostgresServerOptions options)
{
    private const int OldestMajor = 15;

    private readonly List<string> _reasons = [];

    public static async Task<PostgresServer> RunAsync(PostgresServerOptions options, CancellationToken ct)
    {
        var search = new ServerSearch(options);
        foreach (var source in options.Sources)
        {
            var server = source switch
            {
                PostgresServerSource.Environment => await search.EnvironmentAsync(ct).ConfigureAwait(false),
                PostgresServerSource.Installed => await search.InstalledAsync(ct).ConfigureAwait(false),
                PostgresServerSource.Docker => await search.DockerAsync(ct).ConfigureAwait(false),
                PostgresServerSource.Embedded => await search.EmbeddedAsync(ct).ConfigureAwait(false),
                _ => throw new ArgumentOutOfRangeException(nameof(options), source, "Not a source of servers."),
            };
            if (server is not null)
            {
                return server;
            }
        }

        throw new InvalidOperationException(
            $"""
            No PostgreSQL {OldestMajor} or later was found. There are four ways to one; of those tried:
            {string.Join('\n', search._reasons.Select(reason => "- " + reason))}
            Set {PostgresServerOptions.ConnectionStringVariable} to a superuser's connection string (Environment), install PostgreSQL (Installed), start Docker 25 or newer (Docker), or allow the download of binaries (Embedded).
            """);
    }

    private static async Task<Version> VersionAsync(string connectionString, CancellationToken ct)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await using (connection.ConfigureAwait(false))
        {
            await connection.OpenAsync(ct).ConfigureAwait(false);
            return connection.PostgreSqlVersion;
        }
    }

    private async Task<PostgresServer?> EnvironmentAsync(CancellationToken ct)
    {
        var connectionString = options.ConnectionString ?? Environment.GetEnvironmentVariable(PostgresServerOptions.ConnectionStringVariable);
        if (string.IsNullOrWhiteSpace(connectionString))
        {
            _reasons.Add($"Environment: {PostgresServerOptions.ConnectionStringVariable} is not set.");
            return null;
        }

        Version version;
        try
        {
            version = await VersionAsync(connectionString, ct).ConfigureAwait(false);
        }
        catch (NpgsqlException problem)
        {
            // Who names a server wants that one: no other is taken instead.
            throw new InvalidOperationException($"The server named by {PostgresServerOptions.ConnectionStringVariable} does not answer: {problem.Message}", problem);
        }

        catch (Exception problem) when (problem is ArgumentException or FormatException)
        {
            // Its text may repeat a value, and a value may be the password.
            throw new InvalidOperationException($"What {PostgresServerOptions.ConnectionStringVariable} names cannot be read: it is a connection string, as Host=…;Username=….", problem);
        }

        return version.Major >= OldestMajor
            ? new(PostgresServerSource.Environment, connectionString, version, process: null, container: null, options.BinariesDirectory)
            : throw new InvalidOperationException(
                $"The server named by {PostgresServerOptions.ConnectionStringVariable} is PostgreSQL {version}; {OldestMajor} or later is needed.");
    }

    private async Task<PostgresServer?> InstalledAsync(CancellationToken ct)
    {
        var found = options.BinariesDirectory is null
            ? await InstalledBinaries.FindAsync(ct).ConfigureAwait(false)
            : await InstalledBinaries.InAsync(options.BinariesDirectory, ct).ConfigureAwait(false) is { } given ? [given] : [];
        if (found.Count == 0)
        {
            var where = options.BinariesDirectory ?? "the PATH and the usual folders";
            _reasons.Add($"Installed: no initdb, pg_ctl and postgres that run in {where}.");
        }

        foreach (var binaries in found)
        {
            if (await StartAsync(PostgresServerSource.Installed, binaries, ct).ConfigureAwait(false) is { } server)
            {
                return server;
            }
        }

        return null;
    }

    private async Task<PostgresServer?> DockerAsync(CancellationToken ct)
    {
        try
        {
            var container = await DockerServer.StartAsync(options, ct).ConfigureAwait(false);
            var connectionString = container.GetConnectionString();
            var version = await VersionAsync(connectionString, ct).ConfigureAwait(false);
            if (version.Major >= OldestMajor)
            {
                return new(PostgresServerSource.Docker, connectionString, version, process: null, container, binaries: null, options.Keepable);
            }

            await container.DisposeAsync().ConfigureAwait(false);
            _reasons.Add($"Docker: the image {options.DockerImage} holds PostgreSQL {version}.");
        }
        catch (Exception problem) when (!ct.IsCancellationRequested)
        {
            // The client libraries throw whatever the engine, the socket or the pull comes up with.
            _reasons.Add($"Docker: {FirstLine(problem)}");
        }

        return null;
    }

    private async Task<PostgresServer?> EmbeddedAsync(CancellationToken ct)
    {
        try
        {
            var directory = await EmbeddedBinaries.FetchAsync(options, ct).ConfigureAwait(false);
            if (await InstalledBinaries.InAsync(directory, ct).ConfigureAwait(false) is { } binaries)
            {
                return await StartAsync(PostgresServerSource.Embedded, binaries, ct).ConfigureAwait(false);
            }

            _reasons.Add($"Embedded: the binaries fetched into {directory} do not run here.");
        }
        catch (Exception problem) when (!ct.IsCancellationRequested)
        {
            // Network, archive and disk: whatever goes wrong is the reason.
            _reasons.Add($"Embedded: {FirstLine(problem)}");
        }

        return null;
    }

    private async Task<PostgresServer?> StartAsync(PostgresServerSource source, InstalledBinaries binaries, CancellationToken ct)
    {
        if (binaries.Version.Major < OldestMajor)
        {
            _reasons.Add($"{source}: {binaries.Directory} holds PostgreSQL {binaries.Version}.");
            return null;
        }

        try
        {
            var process = await ServerProcess.StartAsync(binaries.Directory, options.EffectiveSettings(), ct).ConfigureAwait(false);
            return new(source, process.ConnectionString, binaries.Version, process, container: null, binaries.Directory);
        }
        catch (InvalidOperationException problem)
        {
            _reasons.Add($"{source}: PostgreSQL {binaries.Version} in {binaries.Directory} does not start. {problem.Message}");
            return null;
        }
    }

    private static string FirstLine(Exception problem) => problem.Message.Split('\n')[0].Trim();
}
