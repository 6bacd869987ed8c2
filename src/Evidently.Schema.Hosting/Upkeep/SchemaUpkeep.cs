using Evidently.Schema.Hosting.Data;
using Evidently.Schema.Hosting.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Evidently.Schema.Hosting.Upkeep;

/// <summary>
/// Refreshes the daily view, compares in shadow and verifies at intervals, once among all hosts: a lease that nobody gives back says whose turn an interval is.
/// Reads the state for the meter. Nothing the database does ends it.
/// </summary>
internal sealed class SchemaUpkeep(IOptions<SchemaOptions> options, SchemaMigrator migrator, DataSources sources, TimeProvider time, ILogger logger) : BackgroundService
{
    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var upkeep = options.Value.Upkeep;
        return Task.WhenAll(
            EveryAsync("refresh", upkeep.RefreshInterval, once: true, migrator.RefreshWhenTouchedAsync, stoppingToken),
            EveryAsync("verify", upkeep.VerifyInterval, once: true, migrator.VerifyWhenReadyAsync, stoppingToken),
            EveryAsync("shadow", upkeep.ShadowInterval, once: true, migrator.CompareShadowAsync, stoppingToken),
            EveryAsync("observe", upkeep.ObserveInterval, once: false, ObserveAsync, stoppingToken));
    }

    private async Task ObserveAsync(CancellationToken cancellationToken)
    {
        if (Telemetry.IsListenedTo)
        {
            await migrator.ObserveAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task EveryAsync(string what, TimeSpan interval, bool once, Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        if (interval <= TimeSpan.Zero)
        {
            return;
        }

        // Between two turns of one host its own lease has run out.
        var lease = new Lease(() => sources.ForServices, what, interval * 0.95, time, logger);
        string? failure = null;
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                if (!once || await TakenAsync(lease, cancellationToken).ConfigureAwait(false))
                {
                    await work(cancellationToken).ConfigureAwait(false);
                }

                failure = null;
            }
            catch (Exception) when (cancellationToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // Whatever it is: an exception that leaves a background service stops the whole host. One line for a kind of failure.
                var known = SchemaErrors.From(exception, Phase.None, $"Upkeep ({what})") ?? exception;
                if (!string.Equals(failure, known.Message, StringComparison.Ordinal))
                {
                    Log.UpkeepFailed(logger, what, interval, known);
                }

                failure = known.Message;
            }

            // Jitter: hosts that started together do not ask together for ever.
            await Task.Delay(interval * (0.95 + (Random.Shared.NextDouble() / 10)), time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task<bool> TakenAsync(Lease lease, CancellationToken cancellationToken) =>
        await migrator.HasReachedAsync(Phase.Create, cancellationToken).ConfigureAwait(false) && await lease.TryTakeAsync(cancellationToken).ConfigureAwait(false);
}
