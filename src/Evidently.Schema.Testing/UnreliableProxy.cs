using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Npgsql;

namespace Evidently.Schema.Testing;

/// <summary>
/// A network between a client and the server that does what networks do: holds back, swallows and cuts, in the middle of a statement. Cut off, the
/// server may go on with the statement for as long as it takes, as it does when a client's machine is gone.
/// </summary>
public sealed class UnreliableProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Pair, Task> _pairs = new();
    private readonly NpgsqlConnectionStringBuilder _server;
    private readonly Task _accepting;

    private UnreliableProxy(string connectionString)
    {
        _server = new NpgsqlConnectionStringBuilder(connectionString);
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>The server's connection string, by way of this.</summary>
    public string ConnectionString => new NpgsqlConnectionStringBuilder(_server.ConnectionString)
    {
        Host = IPAddress.Loopback.ToString(),
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port,
    }.ConnectionString;

    /// <summary>How many connections there are to cut.</summary>
    public int Connections => _pairs.Count;

    /// <summary>How long what arrives is held back, in both directions.</summary>
    /// <value>Default: not at all.</value>
    public TimeSpan Delay { get; set; }

    /// <summary>Whether all that arrives is swallowed: neither side hears of it before the connection is cut.</summary>
    /// <value>Default: false.</value>
    public bool Swallows { get; set; }

    /// <summary>Starts one.</summary>
    /// <param name="connectionString">Of a server reached over TCP.</param>
    public static UnreliableProxy Start(string connectionString)
    {
        ArgumentException.ThrowIfNullOrEmpty(connectionString);
        return new UnreliableProxy(connectionString);
    }

    /// <summary>Resets every connection there is, at once. New ones are let through.</summary>
    /// <returns>How many.</returns>
    public int Cut()
    {
        var pairs = _pairs.Keys.ToArray();
        foreach (var pair in pairs)
        {
            pair.Reset();
        }

        return pairs.Length;
    }

    /// <summary>Cuts all and listens no more.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);
        Cut();
        await Task.WhenAll(_pairs.Values).ConfigureAwait(false);
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var pair = new Pair(await _listener.AcceptTcpClientAsync(_stop.Token).ConfigureAwait(false), new TcpClient());
                _pairs[pair] = Task.CompletedTask;
                _pairs[pair] = Task.Run(() => CarryAsync(pair), CancellationToken.None);
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }

    private async Task CarryAsync(Pair pair)
    {
        try
        {
            await pair.Server.ConnectAsync(_server.Host!, _server.Port, _stop.Token).ConfigureAwait(false);
            pair.Client.NoDelay = pair.Server.NoDelay = true;
            await Task.WhenAny(CopyAsync(pair.Client, pair.Server), CopyAsync(pair.Server, pair.Client)).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The server is not there, or this is going.
        }
        finally
        {
            _pairs.TryRemove(pair, out _);
            pair.Reset();
        }
    }

    private async Task CopyAsync(TcpClient from, TcpClient to)
    {
        var buffer = new byte[1 << 14];
        try
        {
            for (int read; (read = await from.GetStream().ReadAsync(buffer, _stop.Token).ConfigureAwait(false)) > 0;)
            {
                if (Delay > TimeSpan.Zero)
                {
                    await Task.Delay(Delay, TimeProvider.System, _stop.Token).ConfigureAwait(false);
                }

                if (!Swallows)
                {
                    await to.GetStream().WriteAsync(buffer.AsMemory(0, read), _stop.Token).ConfigureAwait(false);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException or InvalidOperationException or OperationCanceledException)
        {
            // One side has gone; the other follows.
        }
    }

    private sealed record Pair(TcpClient Client, TcpClient Server)
    {
        public void Reset()
        {
            foreach (var side in new[] { Client, Server })
            {
                try
                {
                    side.LingerState = new LingerOption(enable: true, seconds: 0); // a reset, no good-bye
                }
                catch (Exception exception) when (exception is SocketException or ObjectDisposedException or NullReferenceException)
                {
                    // Closed already.
                }

                side.Dispose();
            }
        }
    }
}
