using Evidently.Schema.Hosting.Data;
using Evidently.Schema.Hosting.DualWrite;
using FluentMigrator.Runner;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evidently.Schema.Hosting;

/// <summary>Registration with a host, and with a runner that the host has built itself.</summary>
public static class EvidentlySchemaExtensions
{
    /// <summary>
    /// Registers <see cref="SchemaOptions"/>, validated when the host starts, all errors at once, one <see cref="SchemaMigrator"/>, one
    /// <see cref="PositionWriter"/>, and a background service that drains notes where <see cref="DrainingOptions.Enabled"/> is set.
    /// Adds nothing of FluentMigrator to <paramref name="services"/>: a host that uses it for its own migrations is not disturbed.
    /// Without a <see cref="SchemaOptions.ConnectionString"/>, the container's <see cref="NpgsqlDataSource"/> is used. The writer, which works
    /// for the application, takes the container's data source where there is one.
    /// </summary>
    public static IServiceCollection AddEvidentlySchema(this IServiceCollection services, Action<SchemaOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<SchemaOptions>().Configure(configure).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SchemaOptions>, SchemaOptionsValidator>(
            provider => new SchemaOptionsValidator(provider.GetService<IServiceProviderIsService>()?.IsService(typeof(NpgsqlDataSource)) ?? false)));
        services.TryAddSingleton(provider => new SchemaMigrator(
            provider.GetRequiredService<IOptions<SchemaOptions>>().Value,
            provider.GetService<NpgsqlDataSource>(),
            provider.GetService<ILoggerFactory>(),
            provider.GetService<TimeProvider>()));
        services.TryAddSingleton(provider => new DataSources(provider.GetRequiredService<IOptions<SchemaOptions>>().Value, provider.GetService<NpgsqlDataSource>()));
        services.TryAddSingleton(provider => new PositionWriter(provider.GetRequiredService<DataSources>().ForApplication));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, NoteDrainer>(provider => new NoteDrainer(
            provider.GetRequiredService<IOptions<SchemaOptions>>().Value.Draining,
            () => provider.GetRequiredService<DataSources>().ForServices,
            provider.GetService<TimeProvider>() ?? TimeProvider.System,
            (provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger<NoteDrainer>())));
        return services;
    }

    /// <summary>
    /// Adds the migrations of Evidently.Schema and their version table, <c>evidently_schema.version_info</c>, to a runner of the host's
    /// own, and takes away its command timeout of 30 seconds, which no backfill keeps. Without the gate of <see cref="SchemaMigrator"/>,
    /// two such runners started at once on an empty database can collide over the version table: start one at a time.
    /// </summary>
    public static IMigrationRunnerBuilder AddEvidentlySchema(this IMigrationRunnerBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder
            .WithGlobalCommandTimeout(TimeSpan.Zero)
            .ScanIn(typeof(Phase).Assembly).For.All();
    }
}
