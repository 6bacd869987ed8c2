using System.Collections.Concurrent;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.Benchmarks.Proof;

/// <summary>Looks, forty times a second, at who is at work in the database and what he waits for, so that a stall explains itself afterwards.</summary>
internal sealed class StallWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    private readonly ApplicationTraffic _traffic;
    private readonly NpgsqlDataSource _source;
    private readonly ConcurrentQueue<Look> _looks = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _looking;

    private StallWatch(string adminConnectionString, ApplicationTraffic traffic)
    {
        _traffic = traffic;
        _source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(adminConnectionString) { ApplicationName = "watch", MaxAutoPrepare = 1, AutoPrepareMinUsages = 1 });
        _looking = Task.Run(LookAsync);
    }

    public static StallWatch Start(string adminConnectionString, ApplicationTraffic traffic) => new(adminConnectionString, traffic);

    /// <summary>What stood in the way of a statement: first what its own session waited for, then what else was at work.</summary>
    public IEnumerable<string> Explain(TrafficStatement statement)
    {
        var (from, to) = (statement.Due, statement.Due + statement.Latency);
        var looks = _looks.Where(look => look.At >= from && look.At <= to).ToList();
        var named = _looks.Where(look => look.At >= from - Interval && look.At <= to + Interval).SelectMany(look => look.Active).ToLookup(active => active.Pid);
        yield return $"waited {statement.Waited.TotalMilliseconds:N0} ms before it was sent; {looks.Count} looks in {statement.Latency.TotalMilliseconds:N0} ms, where {statement.Latency / Interval:N0} were due: "
            + $"{looks.Select(look => look.Active.Count(active => active.Waits is "processor")).DefaultIfEmpty().Average():N1} backends on {Environment.ProcessorCount} cores";
        foreach (var line in Counted(looks.SelectMany(look => look.Active.Where(active => active.Pid == statement.Session)).Select(active => active.Behind.Length == 0
            ? active.Waits : $"{active.Waits}: {active.Wanted}, behind {string.Join(" and ", active.Behind.Select(pid => named[pid].Select(Name).FirstOrDefault($"backend {pid}")).Distinct(StringComparer.Ordinal))}")))
        {
            yield return $"itself: {line}";
        }

        foreach (var line in Counted(looks.SelectMany(look => look.Active.Where(active => active.Pid != statement.Session && active.Application is not "application")).Select(active => $"{Name(active)}: {active.Waits}")))
        {
            yield return $"beside it: {line}";
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _looking;
        await _source.DisposeAsync();
        _stop.Dispose();
    }

    private static IEnumerable<string> Counted(IEnumerable<string> lines) =>
        lines.GroupBy(line => line, StringComparer.Ordinal).OrderByDescending(alike => alike.Count()).Select(alike => $"{alike.Count()} × {alike.Key}");

    private static string Name(Active active) => string.IsNullOrWhiteSpace(active.Query) ? active.Application : $"{active.Application} {StepNames.Of(active.Query)}";

    private async Task LookAsync()
    {
        using var timer = new PeriodicTimer(Interval);
        while (!_stop.IsCancellationRequested)
        {
            var at = _traffic.Elapsed;
            var active = new List<Active>();
            await using (var command = _source.CreateCommand(BenchmarkSql.Read("WhatWaits.sql")))
            await using (var reader = await command.ExecuteReaderAsync(CancellationToken.None)) // it ends by itself
            {
                while (await reader.ReadAsync(CancellationToken.None))
                {
                    active.Add(new Active(
                        reader.GetInt32(0), reader.GetString(1), reader.GetString(2), reader.GetFieldValue<int[]>(3), await reader.IsDBNullAsync(4, CancellationToken.None) ? null : reader.GetString(4), reader.GetString(5)));
                }
            }

            _looks.Enqueue(new Look(at, active));
            await timer.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    private sealed record Look(TimeSpan At, List<Active> Active);

    private sealed record Active(int Pid, string Application, string Waits, int[] Behind, string? Wanted, string Query);
}
