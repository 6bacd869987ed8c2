using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Evidently.Schema.Benchmarks.DualWrite;

/// <summary>
/// Stands between a client and the server and holds back what the client sends, as a network between two machines does: on loopback a round
/// trip costs next to nothing, and what an application does statement by statement looks cheaper than it is.
/// </summary>
internal sealed class Distance : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly NpgsqlConnectionStringBuilder _server;
    private readonly TimeSpan _delay;
    private readonly Task _accepting;

    public Distance(string connectionString, TimeSpan delay)
    {
        _server = new NpgsqlConnectionStringBuilder(connectionString);
        _delay = delay;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The server's connection string, by way of this.</summary>
    public string ConnectionString => new NpgsqlConnectionStringBuilder(_server.ConnectionString)
    {
        Host = IPAddress.Loopback.ToString(),
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
    }.ConnectionString;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        var carrying = new List<Task>();
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                carrying.Add(CarryAsync(await _listener.AcceptTcpClientAsync(_stop.Token)));
            }
            catch (OperationCanceledException)
            {
                break;
            }
        }

        await Task.WhenAll(carrying);
    }

    private async Task CarryAsync(TcpClient client)
    {
        using (client)
        using (var server = new TcpClient { NoDelay = true })
        {
            client.NoDelay = true;
            await server.ConnectAsync(_server.Host!, _server.Port, _stop.Token);
            await Task.WhenAny(CopyAsync(client.GetStream(), server.GetStream(), _delay), CopyAsync(server.GetStream(), client.GetStream(), TimeSpan.Zero));
        }
    }

    /// <summary>Whatever arrives together is held back together.</summary>
    private async Task CopyAsync(NetworkStream from, NetworkStream to, TimeSpan delay)
    {
        var buffer = new byte[1 << 16];
        try
        {
            for (int read; (read = await from.ReadAsync(buffer, _stop.Token)) > 0;)
            {
                // Busy: a timer's ticks are longer than the delay, and would swallow what the server takes.
                var arrived = TimeProvider.System.GetTimestamp();
                while (TimeProvider.System.GetElapsedTime(arrived) < delay)
                {
                    Thread.SpinWait(20);
                }

                await to.WriteAsync(buffer.AsMemory(0, read), _stop.Token);
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // One side has gone; the other follows.
        }
    }
}
