using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Evidently.Schema.Testing.Server;

/// <summary>A server started from binaries on a throw-away data folder, and the watchdog that outlives this process to clean up.</summary>
internal abstract class ServerProcess : IAsyncDisposable
{
    private const int PortsTried = 5;

    private readonly SemaphoreSlim _turn = new(1);
    private int _port;

    public string ConnectionString => new NpgsqlConnectionStringBuilder
    {
        Host = "127.0.0.1",
        Port = _port,
        Username = "postgres",
        Database = "postgres",
    }.ConnectionString;

    /// <summary>The folder that holds data and log.</summary>
    public abstract string Folder { get; }

    public static async Task<ServerProcess> StartAsync(
        string binaries, IReadOnlyDictionary<string, string> settings, CancellationToken ct)
    {
        var conf = Configuration(settings);
        ServerProcess server = OperatingSystem.IsWindows()
            ? WindowsServerProcess.Create(binaries, conf)
            : await WatchedServerProcess.CreateAsync(binaries, conf, ct).ConfigureAwait(false);
        try
        {
            await server.TellAsync("create", ct).ConfigureAwait(false);
            await server.StartOnFreePortAsync(ct).ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public Task StopAsync(bool immediate, CancellationToken ct) => TellAsync(immediate ? "stop immediate" : "stop fast", ct);

    public Task StartAgainAsync(CancellationToken ct) => TellAsync($"start {_port}", ct);

    /// <summary>Ends the watchdog without its clean-up: the server goes on until the command returned is run.</summary>
    public abstract Task<string> KeepAsync(CancellationToken ct);

    public abstract ValueTask DisposeAsync();

    /// <summary>Carries out one line (create, start PORT, stop MODE). Not cancellable: half a command leaves a server in no known state.</summary>
    protected abstract Task CarryOutAsync(string command);

    private static string Configuration(IReadOnlyDictionary<string, string> settings)
    {
        var lines = settings.Append(new("listen_addresses", "127.0.0.1")).Append(new("unix_socket_directories", ""));
        return string.Join('\n', lines.Select(line => $"{line.Key} = '{line.Value.Replace("'", "''", StringComparison.Ordinal)}'"));
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task StartOnFreePortAsync(CancellationToken ct)
    {
        for (var attempt = 1; ; attempt++)
        {
            _port = FreePort();
            try
            {
                await TellAsync($"start {_port}", ct).ConfigureAwait(false);
                return;
            }
            catch (InvalidOperationException problem)
                when (attempt < PortsTried && problem.Message.Contains("could not bind", StringComparison.Ordinal))
            {
                // Someone else took the port in between.
            }
        }
    }

    protected async Task TellAsync(string command, CancellationToken ct)
    {
        await _turn.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            await CarryOutAsync(command).ConfigureAwait(false);
        }
        finally
        {
            _turn.Release();
        }
    }
}
