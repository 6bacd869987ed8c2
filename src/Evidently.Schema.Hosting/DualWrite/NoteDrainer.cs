using Evidently.Schema.Hosting.Data;
using Evidently.Schema.Hosting.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Evidently.Schema.Hosting.DualWrite;

/// <summary>Drains notes in the background, turn by turn, until the host stops. Nothing the database does ends it.</summary>
internal sealed class NoteDrainer(DrainingOptions options, Func<NpgsqlDataSource> dataSource, TimeProvider time, ILogger logger) : BackgroundService
{
    private readonly DrainPace _pace = new(options, Random.Shared.NextDouble);
    private readonly FailingResults _failing = new(logger);
    private long _looked;
    private bool? _installed;
    private string? _failure;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Enabled)
        {
            return;
        }

        Log.Draining(logger, options.BatchSize, options.Interval, options.MaxInterval);
        var notes = new Notes(dataSource());
        _looked = time.GetTimestamp();
        while (!stoppingToken.IsCancellationRequested)
        {
            var wait = await TurnAsync(notes, stoppingToken).ConfigureAwait(false);
            if (wait > TimeSpan.Zero)
            {
                await Task.Delay(wait, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task<TimeSpan> TurnAsync(Notes notes, CancellationToken cancellationToken)
    {
        try
        {
            if (_installed is not true)
            {
                var installed = await notes.CanBeDrainedAsync(cancellationToken).ConfigureAwait(false);
                if (!installed && _installed is null)
                {
                    Log.NothingToDrainWith(logger);
                }

                _installed = installed;
            }

            var wait = _installed is true ? await DrainAsync(notes, cancellationToken).ConfigureAwait(false) : _pace.WhileNotInstalled();
            if (_failure is not null)
            {
                _failure = null;
                Log.DrainingGoesOn(logger);
            }

            return wait;
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            return TimeSpan.Zero; // the statement was cancelled; its notes are as they were
        }
        catch (PostgresException exception) when (Notes.CannotBeDrained(exception))
        {
            _installed = null; // rolled back meanwhile
            return _pace.WhileNotInstalled();
        }
        catch (Exception exception)
        {
            // Whatever it is: an exception that leaves a background service stops the whole host.
            var wait = _pace.AfterFailure();
            Report(exception, wait);
            return wait;
        }
    }

    private async Task<TimeSpan> DrainAsync(Notes notes, CancellationToken cancellationToken)
    {
        var batch = _pace.Batch;
        var started = time.GetTimestamp();
        var turn = await notes.DrainAsync(batch, cancellationToken).ConfigureAwait(false);
        var took = time.GetElapsedTime(started);
        if (turn.DidSomething)
        {
            Telemetry.Drained(notes.Database, turn.Projected ?? 0, took);
            Log.Drained(logger, turn.Projected, turn.Expanded, batch, took);
        }

        // The node whose turn it is looks, when nothing is due or has not looked for long.
        if (turn.WasOurs && (!turn.DidSomething || time.GetElapsedTime(_looked) >= options.MaxInterval))
        {
            _failing.Report(await notes.FailingAsync(cancellationToken).ConfigureAwait(false));
            _looked = time.GetTimestamp();
        }

        return _pace.After(turn, took);
    }

    private void Report(Exception exception, TimeSpan wait)
    {
        var failure = (exception as PostgresException)?.SqlState ?? exception.GetType().Name;
        var known = SchemaErrors.From(exception, Phase.DualWrite, "Draining notes") ?? exception;
        if (string.Equals(_failure, failure, StringComparison.Ordinal))
        {
            Log.DrainingStillFails(logger, failure, wait);
        }
        else
        {
            Log.DrainingFailed(logger, failure, wait, known);
        }

        _failure = failure;
    }
}
