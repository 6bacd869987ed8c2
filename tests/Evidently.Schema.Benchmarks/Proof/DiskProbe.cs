using System.Collections.Concurrent;
using Evidently.Schema.Testing;

namespace Evidently.Schema.Benchmarks.Proof;

/// <summary>
/// Flushes a small file of its own, beside the server's data, four times a second: what every COMMIT asks of the disk, without any server. What the disk itself
/// holds up is told from what a lock does.
/// </summary>
internal sealed class DiskProbe : IAsyncDisposable
{
    private const int Page = 8_192;

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(250);

    private readonly ApplicationTraffic _traffic;
    private readonly ConcurrentQueue<(TimeSpan Began, TimeSpan Took)> _flushes = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _flushing;

    private DiskProbe(string folder, ApplicationTraffic traffic)
    {
        _traffic = traffic;
        _flushing = Task.Run(() => FlushAsync(Path.Combine(folder, "disk-probe")));
    }

    /// <summary>Half of the flushes took no longer.</summary>
    public TimeSpan Median => _flushes.Select(flush => flush.Took).Order().ElementAtOrDefault(_flushes.Count / 2);

    public TimeSpan Longest => _flushes.Select(flush => flush.Took).DefaultIfEmpty().Max();

    public static DiskProbe Start(PostgresServer server, ApplicationTraffic traffic) => new(server.Folder ?? Path.GetTempPath(), traffic);

    /// <summary>The longest flush that was under way then.</summary>
    public TimeSpan LongestIn(TimeSpan from, TimeSpan to) =>
        _flushes.Where(flush => flush.Began <= to && flush.Began + flush.Took >= from).Select(flush => flush.Took).DefaultIfEmpty().Max();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _flushing;
        _stop.Dispose();
    }

    private async Task FlushAsync(string file)
    {
        using var handle = File.OpenHandle(file, FileMode.Create, FileAccess.Write, FileShare.None, FileOptions.DeleteOnClose);
        using var timer = new PeriodicTimer(Interval);
        while (!_stop.IsCancellationRequested)
        {
            var began = _traffic.Elapsed;
            RandomAccess.Write(handle, new byte[Page], 0);
            RandomAccess.FlushToDisk(handle);
            _flushes.Enqueue((began, _traffic.Elapsed - began));
            await timer.WaitForNextTickAsync(CancellationToken.None); // it ends by itself
        }
    }
}
