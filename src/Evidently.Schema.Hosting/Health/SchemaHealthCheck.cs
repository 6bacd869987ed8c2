using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Evidently.Schema.Hosting.Health;

/// <summary>What the checks have in common: they read the database once, and a database that cannot be read is what the registration says, unhealthy by default.</summary>
internal abstract class SchemaHealthCheck(SchemaMigrator migrator, IOptions<SchemaOptions> options) : IHealthCheck
{
    protected SchemaOptions Options => options.Value;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            var status = await migrator.GetStatusAsync(cancellationToken).ConfigureAwait(false);
            return await CheckAsync(status, migrator, cancellationToken).ConfigureAwait(false);
        }
        catch (SchemaException exception)
        {
            return new HealthCheckResult(context.Registration.FailureStatus, exception.Message, exception);
        }
    }

    protected abstract ValueTask<HealthCheckResult> CheckAsync(SchemaStatus status, SchemaMigrator reader, CancellationToken cancellationToken);
}
