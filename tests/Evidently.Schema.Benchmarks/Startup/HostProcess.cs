using System.Diagnostics;
using Evidently.Schema.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Evidently.Schema.Benchmarks.Startup;

/// <summary>A host that migrates when it starts, as a process of its own, with the options that a host has when it says nothing else.</summary>
internal sealed class HostProcess : IDisposable
{
    public const string Verb = "startup-host";

    private const string ConnectionVariable = "EVIDENTLY_SCHEMA_BENCHMARK_CONNECTION";
    private const string ReadyLine = "ready";
    private const string ServingLine = "serving";

    private readonly Process _process;

    private HostProcess(Process process) => _process = process;

    public int Id => _process.Id;

    /// <summary>In the process: builds the host, waits for a line, starts it, says so, and runs until it is killed.</summary>
    public static async Task ServeAsync()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddEvidentlySchema(options =>
        {
            options.ConnectionString = Environment.GetEnvironmentVariable(ConnectionVariable);
            options.MigrateOnStartup = true;
        });
        using var host = builder.Build();
        Console.WriteLine(ReadyLine);
        await Console.In.ReadLineAsync();
        await host.StartAsync();
        Console.WriteLine(ServingLine);
        await host.WaitForShutdownAsync();
    }

    /// <summary>Starts the process and returns when it stands before its start.</summary>
    public static async Task<HostProcess> StartAsync(string connectionString, CancellationToken ct)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(HostProcess).Assembly.Location, Verb])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        start.Environment[ConnectionVariable] = connectionString;
        var host = new HostProcess(Process.Start(start)!);
        try
        {
            await host.SaysAsync(ReadyLine, ct);
            return host;
        }
        catch
        {
            host.Dispose();
            throw;
        }
    }

    /// <summary>Lets it start, and returns the time until it serves.</summary>
    public async Task<double> ServingAsync(CancellationToken ct)
    {
        var started = TimeProvider.System.GetTimestamp();
        await _process.StandardInput.WriteLineAsync("go");
        await SaysAsync(ServingLine, ct);
        return TimeProvider.System.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>SIGKILL.</summary>
    public void Kill() => _process.Kill();

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Kill();
        }

        _process.WaitForExit();
        _process.Dispose();
    }

    private async Task SaysAsync(string expected, CancellationToken ct)
    {
        var line = await _process.StandardOutput.ReadLineAsync(ct);
        if (!string.Equals(line, expected, StringComparison.Ordinal))
        {
            throw new InvalidOperationException($"A host said {line ?? "nothing"} where it should be {expected}.");
        }
    }
}
