using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Evidently.Schema.Hosting.Health;

/// <summary>How far the star is behind: the age of the oldest note. Before phase 3 notes are meant to wait.</summary>
internal sealed class PendingHealthCheck(SchemaMigrator migrator, IOptions<SchemaOptions> options) : SchemaHealthCheck(migrator, options)
{
    protected override ValueTask<HealthCheckResult> CheckAsync(SchemaStatus status, SchemaMigrator reader, CancellationToken cancellationToken)
    {
        var data = new Dictionary<string, object>(StringComparer.Ordinal) { ["notes"] = status.PendingNotes };
        if (status.DualWrite is not { } write)
        {
            return ValueTask.FromResult(HealthCheckResult.Healthy($"{status.PendingNotes} changes are noted; phase 3 is not reached.", data));
        }

        var oldest = write.Oldest ?? TimeSpan.Zero;
        (data["mode"], data["oldest_seconds"], data["failing"]) = (write.Mode.ToString(), oldest.TotalSeconds, write.Failing);
        return ValueTask.FromResult(
            oldest > Options.Health.MaxPendingAge
                ? HealthCheckResult.Degraded(
                    $"The star is {oldest:c} behind: {write.Notes} notes, {write.Failing} results fail{(write.LastError is null ? "" : $" ({write.LastError})")}. CALL evidently_schema.drain();",
                    data: data)
                : HealthCheckResult.Healthy($"{write.Notes} changes are noted.", data));
    }
}
