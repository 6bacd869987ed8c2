using System.Globalization;
using Evidently.Schema.Hosting.Startup;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Evidently.Schema.Hosting.Health;

/// <summary>The phase that the host needs to serve is reached; how far the background is, and why it fails.</summary>
internal sealed class PhaseHealthCheck(SchemaMigrator migrator, IOptions<SchemaOptions> options, StartupState state) : SchemaHealthCheck(migrator, options)
{
    protected override ValueTask<HealthCheckResult> CheckAsync(SchemaStatus status, SchemaMigrator reader, CancellationToken cancellationToken)
    {
        var data = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["phase"] = status.Phase.ToString(),
            ["startup"] = state.Doing,
        };
        if (status.Backfill is { } copy)
        {
            (data["backfill_state"], data["backfill_done"], data["backfill_total"]) = (copy.State, copy.Done, copy.Total);
            if (copy.Eta is { } eta)
            {
                data["backfill_eta"] = eta.ToString("c", CultureInfo.InvariantCulture);
            }

            if (copy.Throttle is { } throttle)
            {
                data["backfill_throttle"] = throttle;
            }
        }

        var needed = Options.Startup.BeforeServing;
        return ValueTask.FromResult(
            status.Phase < needed ? HealthCheckResult.Unhealthy($"Phase {status.Phase} is reached, {needed} is needed to serve.", data: data)
            : state.Problem is { } problem ? HealthCheckResult.Degraded(problem, data: data)
            : HealthCheckResult.Healthy($"Phase {status.Phase} is reached.", data));
    }
}
