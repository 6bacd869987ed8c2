namespace Evidently.Schema.Hosting.Data;

/// <summary>Reads the progress of the backfill on a connection of its own while a runner runs. A report that fails is left out.</summary>
internal sealed class ProgressReporter : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly SchemaReader _reader;
    private readonly TimeSpan _interval;
    private readonly TimeProvider _time;
    private readonly IProgress<BackfillProgress>? _progress;
    private readonly Task _reporting;

    public ProgressReporter(SchemaReader reader, TimeSpan interval, TimeProvider time, IProgress<BackfillProgress>? progress)
    {
        (_reader, _interval, _time, _progress) = (reader, interval, time, progress);
        _reporting = progress is null ? Task.CompletedTask : ReportUntilStoppedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _reporting.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task ReportUntilStoppedAsync()
    {
        bool last;
        do
        {
            await Task.Delay(_interval, _time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            last = _stop.IsCancellationRequested; // asked before reading: what was read while the runner ended may not say so
            try
            {
                // None: the last report is made when the runner has ended.
                if (await _reader.ProgressAsync(CancellationToken.None).ConfigureAwait(false) is { } report)
                {
                    _progress!.Report(report);
                }
            }
            catch (SchemaException)
            {
                // Progress is a convenience: the runner itself says what is wrong with the server.
            }
        }
        while (!last);
    }
}
