using System.Globalization;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Proof;

/// <summary>What the traffic saw, as text.</summary>
internal static class ProofText
{
    public static string Of(ApplicationTraffic traffic) => string.Join('\n', traffic.Figures().Select(stage =>
        $"{stage.Stage,-26} {stage.Statements,6} statements {stage.Failed,4} failed   median {stage.Median.TotalMilliseconds,6:F1} ms   99 % {stage.Percentile99.TotalMilliseconds,7:F1} ms"
        + $"   longest {stage.Longest.TotalMilliseconds,7:F1} ms: {stage.LongestName}").Append($"{traffic.AcknowledgedWrites} writes acknowledged"));

    /// <summary>How long the tests of the proof are to take; null: as long as in CI.</summary>
    public static double? Minutes => Setting("MINUTES") is { } minutes ? double.Parse(minutes, CultureInfo.InvariantCulture) : null;

    public static int Seed => Setting("SEED") is { } seed ? int.Parse(seed, CultureInfo.InvariantCulture) : 1;

    /// <summary>Statements that failed or were lost, alike ones once.</summary>
    public static IReadOnlyList<string> Failures(ApplicationTraffic traffic) =>
    [
        .. traffic.Statements
            .Where(statement => statement.Outcome is TrafficOutcome.Failed or TrafficOutcome.Lost && !IsDeadlock(statement)) // which the server's log tells apart
            .GroupBy(statement => $"{statement.Stage}: {statement.Client} {statement.Name} {statement.Outcome} {statement.Error}", StringComparer.Ordinal)
            .Select(alike => $"{alike.Count()} × {alike.Key}"),
    ];

    public static bool IsDeadlock(TrafficStatement statement) => statement.Error?.StartsWith(PostgresErrorCodes.DeadlockDetected, StringComparison.Ordinal) is true;

    private static string? Setting(string name) => Environment.GetEnvironmentVariable($"EVIDENTLY_SCHEMA_PROOF_{name}");
}
