using Npgsql;

namespace Demo;

/// <summary>An application that goes on writing and reading while the database migrates, and how that went.</summary>
internal sealed class Traffic(string connectionString, int results) : IAsyncDisposable
{
    private const int More = 20;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    private readonly CancellationTokenSource _stop = new();
    private Task? _working;

    public int Writes { get; private set; }

    public int Reads { get; private set; }

    public TimeSpan LongestWrite { get; private set; }

    public TimeSpan LongestRead { get; private set; }

    public void Start() => _working = WorkAsync();

    /// <summary>Returns after some more writes and reads.</summary>
    public async Task GoOnAsync()
    {
        var enough = Reads + More;
        while (Reads < enough && _working is { IsCompleted: false })
        {
            await Task.Delay(Pause, TimeProvider.System);
        }
    }

    /// <summary>Stops it; a write or a read that failed fails here.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await (_working ?? Task.CompletedTask);
        _stop.Dispose();
    }

    private async Task WorkAsync()
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false });
        await using var connection = await source.OpenConnectionAsync();
        while (!_stop.IsCancellationRequested)
        {
            var result = (long)Random.Shared.Next(1, results + 1);
            var wrote = await TimeAsync(connection, "Traffic.sql", result, (decimal)Random.Shared.Next(1, 101));
            (Writes, LongestWrite) = (Writes + 1, wrote > LongestWrite ? wrote : LongestWrite);
            var read = await TimeAsync(connection, "TrafficRead.sql", result);
            (Reads, LongestRead) = (Reads + 1, read > LongestRead ? read : LongestRead);
            await Task.Delay(Pause, TimeProvider.System, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<TimeSpan> TimeAsync(NpgsqlConnection connection, string file, params object[] values)
    {
        await using var command = new NpgsqlCommand(DemoReport.Sql(file), connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        var started = TimeProvider.System.GetTimestamp();
        await command.ExecuteNonQueryAsync();
        return TimeProvider.System.GetElapsedTime(started);
    }
}
