using Evidently.Schema.Hosting.Data;
using Evidently.Schema.Hosting.Diagnostics;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Evidently.Schema.Hosting.Startup;

/// <summary>
/// Migrates while the host starts: what it needs to serve before any other service starts, the rest in the background. Of any number of
/// hosts the one that holds the lease works; when it stops or dies another goes on.
/// </summary>
internal sealed class SchemaStartup(IOptions<SchemaOptions> options, SchemaMigrator migrator, DataSources sources, StartupState state, TimeProvider time, ILogger logger)
    : BackgroundService, IHostedLifecycleService
{
    private const string LeaseName = "migrate";
    private static readonly TimeSpan FirstLook = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LastLook = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastRetry = TimeSpan.FromMinutes(1);

    private readonly Lease _lease = new(() => sources.ForServices, LeaseName, options.Value.Startup.Lease, time, logger);

    private StartupOptions Startup => options.Value.Startup;

    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        if (!options.Value.MigrateOnStartup || Startup.BeforeServing == Phase.None)
        {
            return;
        }

        try
        {
            await ReachAsync(Startup.BeforeServing, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            await _lease.ReleaseAsync().ConfigureAwait(false);
            if (SchemaErrors.From(exception, Startup.BeforeServing, "Migrating before the host serves") is { } known)
            {
                throw known;
            }

            throw;
        }
    }

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!options.Value.MigrateOnStartup)
        {
            return;
        }

        var retry = new Backoff(FirstRetry, LastRetry, Random.Shared.NextDouble);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await ReachAsync(Startup.InBackground, stoppingToken).ConfigureAwait(false);
                (state.Doing, state.Problem) = ("done", null);
                break;
            }
            catch (Exception) when (stoppingToken.IsCancellationRequested)
            {
                break; // what is committed stays, and another host goes on
            }
            catch (OperationCanceledException)
            {
                // The lease was lost: another host works.
            }
            catch (Exception exception)
            {
                // Whatever it is: an exception that leaves a background service stops the whole host.
                var wait = retry.Next();
                var known = SchemaErrors.From(exception, Startup.InBackground, "Migrating in the background") ?? exception;
                (state.Doing, state.Problem) = ("waiting to try again", known.Message);
                Log.StartupFailed(logger, Startup.InBackground, wait, known);
                await _lease.ReleaseAsync().ConfigureAwait(false);
                await Task.Delay(wait, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }

        await _lease.ReleaseAsync().ConfigureAwait(false);
    }

    /// <summary>Returns when the phase is reached, by this host or another. The lease is kept then: the host that worked goes on.</summary>
    private async Task ReachAsync(Phase phase, CancellationToken cancellationToken)
    {
        // Before the lease, which is a row of a table of ours.
        await migrator.RequireRightsAsync(cancellationToken).ConfigureAwait(false);
        var look = new Backoff(FirstLook, LastLook, Random.Shared.NextDouble);
        while (!await migrator.HasReachedAsync(phase, cancellationToken).ConfigureAwait(false))
        {
            if (await _lease.TryTakeAsync(cancellationToken).ConfigureAwait(false))
            {
                state.Doing = $"migrating to phase {phase}";
                await _lease.HoldWhileAsync(token => migrator.MigrateAsync(phase, token), cancellationToken).ConfigureAwait(false);
                return;
            }

            state.Doing = $"waiting for the host that migrates to phase {phase}";
            Log.WaitingForHost(logger, phase);
            await Task.Delay(look.Next(), time, cancellationToken).ConfigureAwait(false);
        }
    }
}
