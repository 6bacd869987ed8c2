using Evidently.Schema;
using Evidently.Schema.Hosting;
using Evidently.Schema.StartupHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

// A host that migrates, as each of an application's replicas would. <phase>: migrates to it and prints the versions that it applied itself. down <phase>: rolls
// back to it. serve: runs until it is stopped and migrates on startup; prints "serving" when it serves, and "event N" for what it logs. Stopped, it has five
// seconds, or fails.
var connection = Environment.GetEnvironmentVariable("STARTUP_HOST_CONNECTION");
try
{
    if (args[0] is "serve")
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders().AddProvider(new EventLines());
        builder.Services.AddEvidentlySchema(options =>
        {
            options.ConnectionString = connection;
            options.MigrateOnStartup = true;
            options.Startup.Lease = TimeSpan.FromSeconds(2);
        });
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(5));
        using var host = builder.Build();
        await Ready();
        await host.StartAsync();
        Console.WriteLine("serving");
        await host.WaitForShutdownAsync();
        return 0;
    }

    await using var provider = new ServiceCollection()
        .AddEvidentlySchema(options => options.ConnectionString = connection)
        .BuildServiceProvider();
    await Ready();
    var migrator = provider.GetRequiredService<SchemaMigrator>();
    if (args[0] is "down")
    {
        await migrator.RollbackAsync(Enum.Parse<Phase>(args[1]));
        return 0;
    }

    var applied = await migrator.MigrateAsync(Enum.Parse<Phase>(args[0]));
    Console.WriteLine($"applied {string.Join(' ', applied)}");
    return 0;
}
catch (SchemaException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 1;
}

// All replicas go at once when the test says so.
static Task<string?> Ready()
{
    Console.WriteLine("ready");
    return Console.In.ReadLineAsync();
}
