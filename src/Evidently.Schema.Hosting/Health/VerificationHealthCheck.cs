using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Evidently.Schema.Hosting.Health;

/// <summary>The last verification was clean, and not long ago. Before phase 3 there is nothing to verify.</summary>
internal sealed class VerificationHealthCheck(SchemaMigrator migrator, IOptions<SchemaOptions> options, TimeProvider time) : SchemaHealthCheck(migrator, options)
{
    protected override ValueTask<HealthCheckResult> CheckAsync(SchemaStatus status, SchemaMigrator reader, CancellationToken cancellationToken)
    {
        var data = new Dictionary<string, object>(StringComparer.Ordinal);
        if (status.LastVerification is { } last)
        {
            var age = time.GetUtcNow() - last.At;
            (data["at"], data["ok"], data["age_seconds"]) = (last.At, last.Ok, age.TotalSeconds);
            return ValueTask.FromResult(
                !last.Ok ? HealthCheckResult.Degraded("The last verification found differences. SELECT evidently_schema.repair();", data: data)
                : age > Options.Health.MaxVerificationAge && status.Phase >= Phase.DualWrite
                    ? HealthCheckResult.Degraded($"The last verification is {age:c} old. SELECT * FROM evidently_schema.verify();", data: data)
                : HealthCheckResult.Healthy("The last verification was clean.", data));
        }

        return ValueTask.FromResult(
            status.Phase >= Phase.DualWrite
                ? HealthCheckResult.Degraded("The star was never verified. SELECT * FROM evidently_schema.verify();", data: data)
                : HealthCheckResult.Healthy("There is nothing to verify before the backfill.", data));
    }
}
