using System.Collections.Concurrent;
using Evidently.Schema.DatabaseTests.Packages;

namespace Evidently.Schema.DatabaseTests.Hosting;

/// <summary>Hosts as processes of their own, let go at the same moment, and what they say.</summary>
internal sealed class ManyHosts : IAsyncDisposable
{
    private readonly ConcurrentQueue<HostLine> _lines = new();
    private readonly ChildProcess[] _hosts;
    private readonly Task[] _reading;

    private ManyHosts(ChildProcess[] hosts)
    {
        _hosts = hosts;
        _reading = [.. hosts.Select((host, number) => ReadAsync(host, number))];
    }

    public static async Task<ManyHosts> StartAsync(int count, string connectionString)
    {
        var hosts = Enumerable.Range(0, count)
            .Select(_ => ChildProcess.Start("dotnet", [Repository.Program("Evidently.Schema.StartupHost"), "serve"], [("STARTUP_HOST_CONNECTION", connectionString)]))
            .ToArray();
        foreach (var host in hosts)
        {
            Assert.That(await host.Output.ReadLineAsync(), Is.EqualTo("ready"));
        }

        foreach (var host in hosts)
        {
            await host.Input.WriteLineAsync("go");
        }

        return new ManyHosts(hosts);
    }

    public Task ServingAsync() => Eventually.Holds(
        () => Task.FromResult(_lines.Count(line => string.Equals(line.Text, "serving", StringComparison.Ordinal)) == _hosts.Length), "every host serves");

    public IReadOnlyList<HostLine> LogOf(int id) => [.. _lines.Where(line => line.Text.StartsWith($"event {id} ", StringComparison.Ordinal))];

    /// <summary>Kills the host that holds a lease, and says which one that was.</summary>
    public int Kill(string holder)
    {
        var id = int.Parse(holder.Split('/')[1]);
        var host = Array.FindIndex(_hosts, host => host.Id == id);
        _hosts[host].Kill();
        return host;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
        {
            await host.DisposeAsync();
        }

        await Task.WhenAll(_reading);
    }

    private async Task ReadAsync(ChildProcess host, int number)
    {
        try
        {
            while (await host.Output.ReadLineAsync() is { } line)
            {
                _lines.Enqueue(new HostLine(number, line));
            }
        }
        catch (Exception exception) when (exception is IOException or ObjectDisposedException or InvalidOperationException)
        {
            // The process is gone.
        }
    }
}

/// <summary>A line of a host.</summary>
internal sealed record HostLine(int Host, string Text);
