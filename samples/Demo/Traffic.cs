using System.Diagnostics;
using Npgsql;

namespace Demo;

/// <summary>An application that goes on writing while the database migrates, and how that went.</summary>
internal sealed class Traffic(string connectionString, int results) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _stop = new();
    private Task? _writing;

    public int Writes { get; private set; }

    public TimeSpan Longest { get; private set; }

    public void Start() => _writing = WriteAsync();

    /// <summary>Stops it; a write that failed fails here.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await (_writing ?? Task.CompletedTask);
        _stop.Dispose();
    }

    private async Task WriteAsync()
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false });
        await using var connection = await source.OpenConnectionAsync();
        while (!_stop.IsCancellationRequested)
        {
            await using var write = new NpgsqlCommand(DemoReport.Sql("Traffic.sql"), connection);
            write.Parameters.Add(new NpgsqlParameter { Value = (long)Random.Shared.Next(1, results + 1) });
            write.Parameters.Add(new NpgsqlParameter { Value = (decimal)Random.Shared.Next(1, 101) });
            var watch = Stopwatch.StartNew();
            await write.ExecuteNonQueryAsync();
            (Writes, Longest) = (Writes + 1, watch.Elapsed > Longest ? watch.Elapsed : Longest);
            await Task.Delay(Pause, TimeProvider.System, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
