using Evidently.Schema;
using Evidently.Schema.Hosting;
using Microsoft.Extensions.DependencyInjection;

// A host that migrates before it serves, as each of an application's replicas would: <phase>. Prints the versions that it applied itself.
try
{
    await using var provider = new ServiceCollection()
        .AddEvidentlySchema(options => options.ConnectionString = Environment.GetEnvironmentVariable("STARTUP_HOST_CONNECTION"))
        .BuildServiceProvider();
    Console.WriteLine("ready");

    // All replicas go at once when the test says so.
    await Console.In.ReadLineAsync();
    var applied = await provider.GetRequiredService<SchemaMigrator>().MigrateAsync(Enum.Parse<Phase>(args[0]));
    Console.WriteLine($"applied {string.Join(' ', applied)}");
    return 0;
}
catch (SchemaException exception)
{
    Console.Error.WriteLine(exception.Message);
    return 1;
}
