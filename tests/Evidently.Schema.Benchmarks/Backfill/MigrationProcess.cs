using System.Diagnostics;
using System.Globalization;
using Evidently.Schema.Hosting;
using FluentMigrator.Runner;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Evidently.Schema.Benchmarks.Backfill;

/// <summary>Migrates in a process of its own, whose memory is the migration's alone.</summary>
internal static class MigrationProcess
{
    public const string PrepareVerb = "prepare";
    public const string BackfillVerb = "migrate-backfill";

    private const string ConnectionVariable = "EVIDENTLY_SCHEMA_BENCHMARK_CONNECTION";

    private static string ConnectionString => Environment.GetEnvironmentVariable(ConnectionVariable)!;

    /// <summary>In the process: migrates up to a version, as a host's own runner does.</summary>
    public static void Prepare(long version)
    {
        MigrateUp(version);
        Print(0);
    }

    private static void MigrateUp(long version)
    {
        using var provider = new ServiceCollection()
            .AddFluentMigratorCore()
            .ConfigureRunner(builder => builder.AddPostgres15_0().WithGlobalConnectionString(ConnectionString).AddEvidentlySchema())
            .BuildServiceProvider();
        using var scope = provider.CreateScope();
        scope.ServiceProvider.GetRequiredService<IMigrationRunner>().MigrateUp(version);
    }

    /// <summary>
    /// In the process: migrates to what comes before the copy, waits for a line, connects as the other contenders are when their time begins, migrates to the end of phase 2 and
    /// prints the seconds until the foreign keys were validated (migration 207), peak working set and managed heap.
    /// </summary>
    public static async Task BackfillAsync(int workers, long beforeCopy)
    {
        MigrateUp(beforeCopy);
        Console.WriteLine("prepared");
        await Console.In.ReadLineAsync();
        var migrator = SchemaMigrator.Create(new SchemaOptions { ConnectionString = ConnectionString, BackfillWorkers = workers });
        await using (migrator)
        {
            await migrator.GetStatusAsync();
            var started = TimeProvider.System.GetUtcNow();
            await migrator.MigrateAsync(Phase.Backfill);
            await using var source = NpgsqlDataSource.Create(ConnectionString);
            await using var command = source.CreateCommand(BenchmarkSql.Read("CopyEnded.sql"));
            Print((double)(await command.ExecuteScalarAsync())! - (started - DateTimeOffset.UnixEpoch).TotalSeconds);
        }
    }

    public static Task<Result> PrepareAsync(string connectionString, long version, CancellationToken ct) =>
        StartAsync(connectionString, [PrepareVerb, version.ToString(CultureInfo.InvariantCulture)], prepared: null, ct);

    /// <summary><paramref name="prepared"/> is done between the migrations before the copy and the copy.</summary>
    public static Task<Result> BackfillAsync(string connectionString, int workers, long beforeCopy, Func<Task> prepared, CancellationToken ct) => StartAsync(
        connectionString, [BackfillVerb, workers.ToString(CultureInfo.InvariantCulture), beforeCopy.ToString(CultureInfo.InvariantCulture)], prepared, ct);

    /// <summary>Starts the process and waits for it.</summary>
    private static async Task<Result> StartAsync(string connectionString, string[] arguments, Func<Task>? prepared, CancellationToken ct)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(MigrationProcess).Assembly.Location, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        start.Environment[ConnectionVariable] = connectionString;
        using var process = Process.Start(start)!;
        try
        {
            var said = process.StandardError.ReadToEndAsync(ct);
            if (prepared is not null && await process.StandardOutput.ReadLineAsync(ct) is not null)
            {
                await prepared();
                await process.StandardInput.WriteLineAsync("go");
            }

            process.StandardInput.Close();
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

    private static void Print(double seconds)
    {
        using var self = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seconds} {self.PeakWorkingSet64} {GC.GetTotalMemory(forceFullCollection: false)}"));
    }

    private static Result Read(string printed)
    {
        var words = printed.Trim().Split('\n')[^1].Split(' ');
        return new Result(
            double.Parse(words[0], CultureInfo.InvariantCulture), long.Parse(words[1], CultureInfo.InvariantCulture), long.Parse(words[2], CultureInfo.InvariantCulture));
    }

    internal sealed record Result(double Seconds, long PeakWorkingSet, long ManagedHeap);
}
