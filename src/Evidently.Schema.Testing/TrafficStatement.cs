namespace Evidently.Schema.Testing;

/// <summary>How a statement of <see cref="ApplicationTraffic"/> ended.</summary>
public enum TrafficOutcome
{
    /// <summary>The server acknowledged it.</summary>
    Done,

    /// <summary>The application's own foreign key refused it, because the application deletes that parent: it would be refused without a migration, too.</summary>
    Refused,

    /// <summary>The server refused it, or it ran into its timeout.</summary>
    Failed,

    /// <summary>The connection broke: whether it happened is not known.</summary>
    Lost,
}

/// <summary>One statement of the application, as <see cref="ApplicationTraffic"/> recorded it.</summary>
/// <param name="Client">The set: <c>plain</c>, <c>prepared</c> or <c>pooler</c>.</param>
/// <param name="Name">What it is, such as <c>insert</c> or a page's name; never its values.</param>
/// <param name="Stage">What <see cref="ApplicationTraffic.Stage"/> said when it was due.</param>
/// <param name="Due">When it was due, since the traffic's start.</param>
/// <param name="Latency">How long after that it had ended: what held up the one before it, or the pool, counts.</param>
/// <param name="Waited">How much of that it was not yet sent: for the one before it, and for a connection.</param>
/// <param name="Session">The server process that ran it; 0 where none did, and through a pooler not the server's.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Error">SQLSTATE and message where it did not end well.</param>
public sealed record TrafficStatement(
    string Client, string Name, string Stage, TimeSpan Due, TimeSpan Latency, TimeSpan Waited, int Session, TrafficOutcome Outcome, string? Error);

/// <summary>The statements of one stage, in figures.</summary>
/// <param name="Stage">The stage.</param>
/// <param name="Statements">How many were due in it.</param>
/// <param name="Failed">How many of them failed or were lost.</param>
/// <param name="Median">Half of them took no longer.</param>
/// <param name="Percentile99">Ninety-nine of a hundred took no longer.</param>
/// <param name="Longest">The longest stall.</param>
/// <param name="LongestName">Client and name of the statement that took it.</param>
public sealed record TrafficFigures(
    string Stage, int Statements, int Failed, TimeSpan Median, TimeSpan Percentile99, TimeSpan Longest, string LongestName);
