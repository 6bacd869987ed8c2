using System.Diagnostics;
using System.Globalization;
using Evidently.Schema.Hosting;
using FluentMigrator.Runner;
using Microsoft.Extensions.DependencyInjection;

namespace Evidently.Schema.Benchmarks.Backfill;

/// <summary>Migrates up to a version in a process of its own, whose memory is the migration's alone.</summary>
internal static class MigrationProcess
{
    public const string Verb = "migrate-to";

    private const string ConnectionVariable = "EVIDENTLY_SCHEMA_BENCHMARK_CONNECTION";

    /// <summary>In the process: prints seconds, peak working set and managed heap.</summary>
    public static void Run(long version)
    {
        using var provider = new ServiceCollection()
            .AddFluentMigratorCore()
            .ConfigureRunner(builder => builder
                .AddPostgres15_0()
                .WithGlobalConnectionString(Environment.GetEnvironmentVariable(ConnectionVariable))
                .AddEvidentlySchema())
            .BuildServiceProvider();
        using var scope = provider.CreateScope();
        var runner = scope.ServiceProvider.GetRequiredService<IMigrationRunner>();
        var started = TimeProvider.System.GetTimestamp();
        runner.MigrateUp(version);
        var seconds = TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        using var self = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seconds} {self.PeakWorkingSet64} {GC.GetTotalMemory(forceFullCollection: false)}"));
    }

    /// <summary>Starts the process and waits for it.</summary>
    public static async Task<Result> StartAsync(string connectionString, long version, CancellationToken ct)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(MigrationProcess).Assembly.Location, Verb, version.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment[ConnectionVariable] = connectionString;
        using var process = Process.Start(start)!;
        try
        {
            var said = process.StandardError.ReadToEndAsync(ct);
            var printed = await process.StandardOutput.ReadToEndAsync(ct);
            await process.WaitForExitAsync(ct);
            return process.ExitCode == 0
                ? Read(printed)
                : throw new InvalidOperationException($"The migration failed. {await said}");
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static Result Read(string printed)
    {
        var words = printed.Trim().Split('\n')[^1].Split(' ');
        return new Result(
            double.Parse(words[0], CultureInfo.InvariantCulture), long.Parse(words[1], CultureInfo.InvariantCulture), long.Parse(words[2], CultureInfo.InvariantCulture));
    }

    internal sealed record Result(double Seconds, long PeakWorkingSet, long ManagedHeap);
}
