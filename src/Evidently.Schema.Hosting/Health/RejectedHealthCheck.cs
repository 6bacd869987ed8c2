using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Evidently.Schema.Hosting.Health;

/// <summary>How many legacy rows were rejected for the first time lately: an application that has begun to write what the star cannot hold.</summary>
internal sealed class RejectedHealthCheck(SchemaMigrator migrator, IOptions<SchemaOptions> options) : SchemaHealthCheck(migrator, options)
{
    protected override async ValueTask<HealthCheckResult> CheckAsync(SchemaStatus status, SchemaMigrator reader, CancellationToken cancellationToken)
    {
        var window = Options.Health.RejectedWindow;
        var lately = status.Backfill is null ? 0 : await reader.RejectedSinceAsync(window, cancellationToken).ConfigureAwait(false);
        var data = status.RejectedRows.ToDictionary(reason => $"rejected_{reason.Key}", reason => (object)reason.Value, StringComparer.Ordinal);
        (data["rejected"], data["rejected_lately"]) = (status.RejectedRows.Values.Sum(), lately);
        return lately > Options.Health.MaxRejectedGrowth
            ? HealthCheckResult.Degraded(
                $"{lately} rows were rejected within {window:c}. SELECT reason, count(*) FROM evidently_schema.rejected_rows WHERE first_seen > now() - interval '1 hour' GROUP BY reason;",
                data: data)
            : HealthCheckResult.Healthy($"{lately} rows were rejected within {window:c}.", data);
    }
}
