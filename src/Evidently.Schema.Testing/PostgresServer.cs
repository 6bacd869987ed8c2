using System.Collections.Concurrent;
using Evidently.Schema.Testing.Server;
using Npgsql;
using Testcontainers.PostgreSql;

namespace Evidently.Schema.Testing;

/// <summary>
/// A PostgreSQL server to test against: one that runs already, or a throw-away one that is started in seconds, listens on 127.0.0.1
/// without passwords and is gone, data included, when it is disposed or when this process dies, killed or not (on Windows: unless the
/// whole process tree is killed).
/// </summary>
/// <remarks>Started as root, the server runs as <c>postgres</c> or <c>nobody</c>.
/// <see href="https://www.postgresql.org/docs/current/server-start.html" /></remarks>
public sealed class PostgresServer : IAsyncDisposable
{
    /// <summary>A server lives until it is disposed, even if the caller keeps nothing but its connection string.</summary>
    private static readonly ConcurrentDictionary<PostgresServer, bool> Alive = new();

    private readonly ServerProcess? _process;
    private readonly PostgreSqlContainer? _container;
    private readonly DatabaseAdministration _databases;
    private readonly bool _keepable;

    internal PostgresServer(
        PostgresServerSource source, string connectionString, Version version, ServerProcess? process, PostgreSqlContainer? container, string? binaries,
        bool keepable = false)
    {
        _keepable = keepable;
        Source = source;
        ConnectionString = connectionString;
        Version = version;
        BinariesDirectory = binaries;
        _process = process;
        _container = container;
        _databases = new DatabaseAdministration(connectionString);
        Alive.TryAdd(this, true);
    }

    /// <summary>Where the server comes from.</summary>
    public PostgresServerSource Source { get; }

    /// <summary>The server's version, as 15.13.</summary>
    public Version Version { get; }

    /// <summary>A superuser's way in, to the database <c>postgres</c> (a server named by a connection string: as it says).</summary>
    public string ConnectionString { get; }

    /// <summary>The folder with the server's programs; null when it is not ours.</summary>
    public string? BinariesDirectory { get; }

    /// <summary>The folder with data and log of a server of ours; null otherwise.</summary>
    public string? Folder => _process?.Folder;

    /// <summary>Finds or starts a server, from the first of <see cref="PostgresServerOptions.Sources"/> that has one.</summary>
    /// <param name="options">Null: the defaults.</param>
    /// <param name="ct">Stops the search; what was started is stopped.</param>
    /// <exception cref="InvalidOperationException">No source has a server of version 15 or later: the message says of each why. Or the
    /// server named by a connection string cannot be used.</exception>
    public static Task<PostgresServer> StartAsync(PostgresServerOptions? options = null, CancellationToken ct = default) =>
        ServerSearch.RunAsync(options ?? new PostgresServerOptions(), ct);

    /// <summary>Creates a database of a random name.</summary>
    /// <param name="template">A database to copy, to which nobody is connected; null: the server's empty one.</param>
    /// <param name="owner">The role that owns the database; null: the superuser.</param>
    /// <param name="ct">Stops the waiting.</param>
    /// <returns>The superuser's connection string to it.</returns>
    public Task<string> CreateDatabaseAsync(string? template = null, string? owner = null, CancellationToken ct = default) =>
        _databases.CreateAsync(template, owner, ct);

    /// <summary>Drops the database that <paramref name="connectionString"/> names, if it is there, and ends its sessions.</summary>
    /// <param name="connectionString">Any role's connection string to it.</param>
    /// <param name="ct">Stops the waiting.</param>
    public Task DropDatabaseAsync(string connectionString, CancellationToken ct = default) => _databases.DropAsync(connectionString, ct);

    /// <summary>Stops a server of ours, data kept, for a test of crashes.</summary>
    /// <param name="immediate">True: as in a crash, without a checkpoint, so that the next start recovers.</param>
    /// <param name="ct">Stops the wait for an earlier call; the stop itself is not broken off.</param>
    /// <exception cref="InvalidOperationException">The server is not ours or does not stop.</exception>
    public Task StopAsync(bool immediate, CancellationToken ct = default) => Own().StopAsync(immediate, ct);

    /// <summary>Starts a stopped server of ours again, on the same port and data.</summary>
    /// <param name="ct">Stops the wait for an earlier call; the start itself is not broken off.</param>
    /// <exception cref="InvalidOperationException">The server is not ours or does not start.</exception>
    public Task StartAgainAsync(CancellationToken ct = default) => Own().StartAgainAsync(ct);

    /// <summary>Lets a server of ours outlive its disposal and this process.</summary>
    /// <param name="ct">Stops the wait for an earlier call.</param>
    /// <returns>The shell command that stops the server and deletes its data; null where the server ran already.</returns>
    /// <exception cref="InvalidOperationException">A container, and <see cref="PostgresServerOptions.Keepable"/> was not set.</exception>
    public async Task<string?> KeepAsync(CancellationToken ct = default)
    {
        if (_container is not null && !_keepable)
        {
            throw new InvalidOperationException($"Set {nameof(PostgresServerOptions)}.{nameof(PostgresServerOptions.Keepable)} to keep a container.");
        }

        var stop = _container is null ? null : $"docker rm -f -v {_container.Id}";
        if (_process is not null)
        {
            stop = await _process.KeepAsync(ct).ConfigureAwait(false);
        }

        // From here on disposing does nothing.
        Alive.TryRemove(this, out _);
        return stop;
    }

    /// <summary>Stops the server and deletes its data; a server that ran already, or is kept, goes on.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!Alive.TryRemove(this, out _))
        {
            return;
        }

        if (_process is not null)
        {
            await _process.DisposeAsync().ConfigureAwait(false);
        }

        if (_container is not null)
        {
            await _container.DisposeAsync().ConfigureAwait(false);
        }
    }

    private ServerProcess Own() =>
        _process ?? throw new InvalidOperationException($"Only a server of ours can be stopped and started; this one comes from {Source}.");
}
