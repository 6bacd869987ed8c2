using Evidently.Schema.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Evidently.Schema.DatabaseTests.Hosting;

/// <summary>A node whose services run, as a host runs them: from a registration in a container of its own.</summary>
internal sealed class DrainingHost : IAsyncDisposable
{
    private readonly ServiceProvider _provider;
    private bool _stopped;

    private DrainingHost(ServiceProvider provider, CapturedLog log) => (_provider, Log) = (provider, log);

    public CapturedLog Log { get; }

    public static async Task<DrainingHost> StartAsync(string connectionString, Action<DrainingOptions>? configure = null)
    {
        var log = new CapturedLog();
        var provider = new ServiceCollection()
            .AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(log))
            .AddEvidentlySchema(options =>
            {
                options.ConnectionString = connectionString;
                options.Draining.Enabled = true;
                options.Draining.Interval = TimeSpan.FromMilliseconds(10);
                options.Draining.MaxInterval = TimeSpan.FromMilliseconds(100);
                configure?.Invoke(options.Draining);
            })
            .BuildServiceProvider(validateScopes: true);
        foreach (var service in provider.GetServices<IHostedService>())
        {
            await service.StartAsync(CancellationToken.None);
        }

        return new DrainingHost(provider, log);
    }

    public BackgroundService Service => _provider.GetServices<IHostedService>().OfType<BackgroundService>().Single(service => string.Equals(service.GetType().Name, "NoteDrainer", StringComparison.Ordinal));

    public async Task StopAsync()
    {
        _stopped = true;
        foreach (var service in _provider.GetServices<IHostedService>())
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
}
