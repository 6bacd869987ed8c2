using System.Collections.Concurrent;

namespace Evidently.Schema.Testing.Traffic;

/// <summary>What every statement did, by the stage in which it was due.</summary>
internal sealed class TrafficRecord
{
    private readonly ConcurrentQueue<TrafficStatement> _statements = new();
    private readonly long _started = TimeProvider.System.GetTimestamp();
    private volatile string _stage = "before";

    public string Stage
    {
        get => _stage;
        set => _stage = value;
    }

    public IReadOnlyList<TrafficStatement> Statements => [.. _statements];

    public TimeSpan Elapsed => TimeProvider.System.GetElapsedTime(_started);

    public static IReadOnlyList<TrafficFigures> Figures(IReadOnlyList<TrafficStatement> statements)
    {
        var stages = statements.GroupBy(statement => statement.Stage, StringComparer.Ordinal).OrderBy(stage => stage.Min(statement => statement.Due));
        return statements.Count == 0 ? [] : [.. stages.Select(stage => Of(stage.Key, [.. stage])), Of("all", statements)];
    }

    public void Add(string client, string name, string stage, TrafficMoments moments, int session, TrafficOutcome outcome, string? error) => _statements.Enqueue(new TrafficStatement(
        client, name, stage, TimeProvider.System.GetElapsedTime(_started, moments.Due), TimeProvider.System.GetElapsedTime(moments.Due, moments.Ended),
        TimeProvider.System.GetElapsedTime(moments.Due, moments.Sent), session, outcome, error));

    private static TrafficFigures Of(string stage, IReadOnlyList<TrafficStatement> statements)
    {
        List<TrafficStatement> sorted = [.. statements.OrderBy(statement => statement.Latency)];
        return new TrafficFigures(
            stage, sorted.Count, sorted.Count(statement => statement.Outcome is TrafficOutcome.Failed or TrafficOutcome.Lost),
            sorted[sorted.Count / 2].Latency, sorted[(sorted.Count - 1) * 99 / 100].Latency, sorted[^1].Latency, $"{sorted[^1].Client} {sorted[^1].Name}");
    }
}

/// <summary>When a statement was due, sent and ended.</summary>
internal sealed record TrafficMoments(long Due, long Sent, long Ended);
