using Evidently.Schema.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Evidently.Schema.DatabaseTests.Hosting;

/// <summary>A host from a registration in a container of its own, started and stopped as the generic host does it.</summary>
internal sealed class RunningHost : IAsyncDisposable
{
    private readonly ServiceProvider _provider;
    private bool _stopped;

    private RunningHost(ServiceProvider provider, CapturedLog log) => (_provider, Log) = (provider, log);

    public CapturedLog Log { get; }

    public SchemaMigrator Migrator => _provider.GetRequiredService<SchemaMigrator>();

    public static async Task<RunningHost> StartAsync(string connectionString, Action<SchemaOptions> configure)
    {
        var log = new CapturedLog();
        var services = new ServiceCollection()
            .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log))
            .AddEvidentlySchema(options =>
            {
                options.ConnectionString = connectionString;
                options.Startup.Lease = TimeSpan.FromSeconds(1);
                configure(options);
            });
        services.AddHealthChecks().AddEvidentlySchema();
        var host = new RunningHost(services.BuildServiceProvider(validateScopes: true), log);
        try
        {
            foreach (var service in host.Services.OfType<IHostedLifecycleService>())
            {
                await service.StartingAsync(CancellationToken.None);
            }

            foreach (var service in host.Services)
            {
                await service.StartAsync(CancellationToken.None);
            }

            return host;
        }
        catch
        {
            host._stopped = true;
            await host.DisposeAsync();
            throw;
        }
    }

    public Task<HealthReport> HealthAsync() => _provider.GetRequiredService<HealthCheckService>().CheckHealthAsync();

    public async Task StopAsync()
    {
        _stopped = true;
        foreach (var service in Services.Reverse())
        {
            await service.StopAsync(CancellationToken.None);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_stopped)
        {
            await StopAsync();
        }

        await _provider.DisposeAsync();
    }

    private IEnumerable<IHostedService> Services => _provider.GetServices<IHostedService>();
}
