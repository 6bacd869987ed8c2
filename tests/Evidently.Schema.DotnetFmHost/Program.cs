using System.Globalization;
using System.Reflection;
using FluentMigrator.Runner;
using FluentMigrator.Runner.Initialization;
using FluentMigrator.Runner.Logging;
using FluentMigrator.Runner.Processors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

// Usage: <migrations.dll> up [version] | down <version> [--tags a,b] [--preview file.sql] [--session]
// The connection string comes from the environment: command lines are public.
// Npgsql is found by FluentMigrator, by name, in this folder; our package only by the path that is given.
try
{
    var file = Path.GetFullPath(args[0]);
    var up = args[1] is "up" || (args[1] is "down" ? false : throw new FormatException($"{args[1]} is neither up nor down."));
    long? version = args.Length > 2 && long.TryParse(args[2], NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
    var preview = Array.IndexOf(args, "--preview") is var index and > 0 ? args[index + 1] : null;
    var tags = Array.IndexOf(args, "--tags") is var at and > 0 ? args[at + 1].Split(',') : [];

    var services = new ServiceCollection()
        .AddFluentMigratorCore()
        .ConfigureRunner(builder => builder
            .AddPostgres()
            .WithGlobalConnectionString(Environment.GetEnvironmentVariable("DOTNET_FM_CONNECTION"))
            .ScanIn(Assembly.LoadFrom(file)).For.All())
        .AddLogging(logging => logging.AddFluentMigratorConsole())
        .Configure<FluentMigratorLoggerOptions>(options => options.ShowSql = false)
        .Configure<ProcessorOptions>(options => (options.PreviewOnly, options.Timeout) = (preview is not null, TimeSpan.Zero))
        .Configure<RunnerOptions>(options => (options.TransactionPerSession, options.Tags) = (args.Contains("--session", StringComparer.Ordinal), tags));
    if (preview is not null)
    {
        services
            .AddSingleton<ILoggerProvider, LogFileFluentMigratorLoggerProvider>()
            .Configure<LogFileFluentMigratorLoggerOptions>(options => (options.OutputFileName, options.ShowSql) = (preview, true));
    }

    await using var provider = services.BuildServiceProvider();
    await using var scope = provider.CreateAsyncScope();
    var runner = scope.ServiceProvider.GetRequiredService<IMigrationRunner>();
    if (!up)
    {
        runner.MigrateDown(version ?? throw new FormatException("down needs a version."));
    }
    else if (version is { } target)
    {
        runner.MigrateUp(target);
    }
    else
    {
        runner.MigrateUp();
    }

    foreach (var assembly in AppDomain.CurrentDomain.GetAssemblies().Select(assembly => assembly.GetName()).Where(name => name.Name is "Npgsql" or "Microsoft.Extensions.Logging.Abstractions" or "Evidently.Schema"))
    {
        Console.WriteLine($"loaded {assembly.Name} {assembly.Version}");
    }

    return 0;
}
catch (Exception exception)
{
    Console.Error.WriteLine(exception);
    return 1;
}
