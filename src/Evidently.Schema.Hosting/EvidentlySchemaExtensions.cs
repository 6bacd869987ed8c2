using Evidently.Schema.Hosting.Data;
using Evidently.Schema.Hosting.DualWrite;
using Evidently.Schema.Hosting.Health;
using Evidently.Schema.Hosting.Startup;
using Evidently.Schema.Hosting.Upkeep;
using FluentMigrator.Runner;
using Microsoft.Extensions.Configuration;
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
    /// <see cref="PositionWriter"/>, one <see cref="MetricsReader"/>, and background services, which do nothing unless the options say so: migrating at startup
    /// (<see cref="SchemaOptions.MigrateOnStartup"/>), draining (<see cref="DrainingOptions.Enabled"/>), refreshing and verifying (<see cref="UpkeepOptions"/>).
    /// Adds nothing of FluentMigrator to <paramref name="services"/>: a host that uses it for its own migrations is not disturbed.
    /// Without a <see cref="SchemaOptions.ConnectionString"/>, the container's <see cref="NpgsqlDataSource"/> is used. The writer and the
    /// reader, which work for the application, take the container's data source where there is one.
    /// </summary>
    public static IServiceCollection AddEvidentlySchema(this IServiceCollection services, Action<SchemaOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(configure);
        services.AddOptions<SchemaOptions>().Configure(configure);
        return services.AddCore();
    }

    /// <summary>
    /// As <see cref="AddEvidentlySchema(IServiceCollection, Action{SchemaOptions})"/>, with the options of a configuration section, the one
    /// named <c>EvidentlySchema</c>, say. A key that is no option is an error when the host starts.
    /// </summary>
    public static IServiceCollection AddEvidentlySchema(this IServiceCollection services, IConfiguration section, Action<SchemaOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentNullException.ThrowIfNull(section);
        services.AddOptions<SchemaOptions>().Configure(options => BindTo(options, section)).Configure(configure ?? (_ => { }));
        return services.AddCore();
    }

    /// <summary>
    /// Runs the host until it stops, and returns the process's exit code: 0, or, after one line to <paramref name="error"/> instead of an unhandled exception and its stack, 1 when
    /// the database (<see cref="SchemaException"/>) or the options (<see cref="OptionsValidationException"/>) cannot be used.
    /// </summary>
    public static async Task<int> RunToExitCodeAsync(this IHost host, TextWriter error, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(host);
        ArgumentNullException.ThrowIfNull(error);
        try
        {
            await host.RunAsync(cancellationToken).ConfigureAwait(false);
            return 0;
        }
        catch (Exception exception) when (exception is SchemaException or OptionsValidationException)
        {
            await error.WriteLineAsync(exception.Message.ReplaceLineEndings(" ")).ConfigureAwait(false);
            return 1;
        }
    }

    /// <summary>
    /// Adds four health checks with data, tagged <c>evidently_schema</c>: <c>evidently_schema_phase</c> (unhealthy below the phase the host
    /// needs to serve; fit for readiness), <c>evidently_schema_pending</c>, <c>evidently_schema_verification</c> and
    /// <c>evidently_schema_rejected</c> (degraded beyond <see cref="HealthOptions"/>). Needs <c>AddEvidentlySchema</c> on the services.
    /// </summary>
    public static IHealthChecksBuilder AddEvidentlySchema(this IHealthChecksBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        string[] tags = ["evidently_schema"];
        return builder
            .AddCheck<PhaseHealthCheck>("evidently_schema_phase", tags: tags)
            .AddCheck<PendingHealthCheck>("evidently_schema_pending", tags: tags)
            .AddCheck<VerificationHealthCheck>("evidently_schema_verification", tags: tags)
            .AddCheck<RejectedHealthCheck>("evidently_schema_rejected", tags: tags);
    }

    /// <summary>What the configuration says and no option can be is as wrong as a value that is out of range.</summary>
    private static void BindTo(SchemaOptions options, IConfiguration section)
    {
        try
        {
            section.Bind(options, binder => binder.ErrorOnUnknownConfiguration = true);
        }
        catch (InvalidOperationException exception)
        {
            throw new OptionsValidationException(nameof(SchemaOptions), typeof(SchemaOptions), [exception.InnerException is { } inner ? $"{exception.Message} {inner.Message}" : exception.Message]);
        }
    }

    private static IServiceCollection AddCore(this IServiceCollection services)
    {
        services.AddOptions<SchemaOptions>().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<StartupState>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<SchemaOptions>, SchemaOptionsValidator>(
            provider => new SchemaOptionsValidator(provider.GetService<IServiceProviderIsService>()?.IsService(typeof(NpgsqlDataSource)) ?? false)));
        services.TryAddSingleton(provider => new SchemaMigrator(
            provider.GetRequiredService<IOptions<SchemaOptions>>().Value,
            provider.GetService<NpgsqlDataSource>(),
            provider.GetService<ILoggerFactory>(),
            provider.GetService<TimeProvider>()));
        services.TryAddSingleton(provider => new DataSources(provider.GetRequiredService<IOptions<SchemaOptions>>().Value, provider.GetService<NpgsqlDataSource>()));
        services.TryAddSingleton(provider => new PositionWriter(provider.GetRequiredService<DataSources>().ForApplication));
        services.TryAddSingleton(provider => new MetricsReader(provider.GetRequiredService<DataSources>().ForApplication));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, SchemaStartup>(provider => new SchemaStartup(
            provider.GetRequiredService<IOptions<SchemaOptions>>(),
            provider.GetRequiredService<SchemaMigrator>(),
            provider.GetRequiredService<DataSources>(),
            provider.GetRequiredService<StartupState>(),
            provider.GetRequiredService<TimeProvider>(),
            (provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger<SchemaStartup>())));
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, SchemaUpkeep>(provider => new SchemaUpkeep(
            provider.GetRequiredService<IOptions<SchemaOptions>>(),
            provider.GetRequiredService<SchemaMigrator>(),
            provider.GetRequiredService<DataSources>(),
            provider.GetRequiredService<TimeProvider>(),
            (provider.GetService<ILoggerFactory>() ?? NullLoggerFactory.Instance).CreateLogger<SchemaUpkeep>())));
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
