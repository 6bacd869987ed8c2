using Microsoft.Extensions.Logging;

namespace Evidently.Schema.Hosting.Diagnostics;

/// <summary>Every message of this package. Event ids: 1 to 99 the runner; 100s to 500s the phases, as their migrations are numbered.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Another runner is working on this database; waiting up to {Timeout} for it")]
    public static partial void WaitingForRunner(ILogger logger, TimeSpan timeout);

    [LoggerMessage(2, LogLevel.Debug, "This runner has the database to itself after {Waited}")]
    public static partial void RunnerEntered(ILogger logger, TimeSpan waited);

    [LoggerMessage(3, LogLevel.Information, "Nothing to do for phase {Phase}: all its migrations are in place")]
    public static partial void NothingToDo(ILogger logger, Phase phase);

    [LoggerMessage(4, LogLevel.Information, "Migrating to phase {Phase}: versions {Versions}")]
    public static partial void Migrating(ILogger logger, Phase phase, string versions);

    [LoggerMessage(5, LogLevel.Information, "Phase {Phase} reached in {Elapsed}")]
    public static partial void Migrated(ILogger logger, Phase phase, TimeSpan elapsed);

    [LoggerMessage(6, LogLevel.Information, "Rolling back to phase {Phase}: versions {Versions}")]
    public static partial void RollingBack(ILogger logger, Phase phase, string versions);

    [LoggerMessage(7, LogLevel.Information, "Rolled back to phase {Phase} in {Elapsed}")]
    public static partial void RolledBack(ILogger logger, Phase phase, TimeSpan elapsed);

    [LoggerMessage(8, LogLevel.Information, "PostgreSQL: {Notice}")]
    public static partial void Notice(ILogger logger, string notice);

    [LoggerMessage(9, LogLevel.Warning, "PostgreSQL: {Warning}")]
    public static partial void Warning(ILogger logger, string warning);

    [LoggerMessage(10, LogLevel.Debug, "FluentMigrator: {Message}")]
    public static partial void Runner(ILogger logger, string message);

    [LoggerMessage(11, LogLevel.Warning, "Cancelling the statement that runs; a batch in flight is rolled back, those before it stay")]
    public static partial void Cancelling(ILogger logger);

    [LoggerMessage(12, LogLevel.Information, "Verification {Outcome}: {Checks} checks, {Missing} missing, {Extra} extra, {Different} different rows")]
    public static partial void Verified(ILogger logger, string outcome, int checks, long missing, long extra, long different);

    [LoggerMessage(13, LogLevel.Debug, "The session could not be cleaned up; its locks go with the connection")]
    public static partial void CleanUpFailed(ILogger logger, Exception exception);

    [LoggerMessage(14, LogLevel.Information, "Waiting for the host that migrates to phase {Phase}")]
    public static partial void WaitingForHost(ILogger logger, Phase phase);

    [LoggerMessage(15, LogLevel.Error, "Migrating to phase {Phase} in the background failed. Trying again in {Wait}")]
    public static partial void StartupFailed(ILogger logger, Phase phase, TimeSpan wait, Exception exception);

    [LoggerMessage(16, LogLevel.Warning, "The lease {Lease} could not be renewed: this host stops its work, another goes on")]
    public static partial void LeaseLost(ILogger logger, string lease);

    [LoggerMessage(17, LogLevel.Debug, "The lease {Lease} could not be given back; it runs out within {Duration}")]
    public static partial void LeaseNotReleased(ILogger logger, string lease, TimeSpan duration, Exception exception);

    [LoggerMessage(18, LogLevel.Warning, "Upkeep ({What}) failed; trying again every {Interval}")]
    public static partial void UpkeepFailed(ILogger logger, string what, TimeSpan interval, Exception exception);

    [LoggerMessage(19, LogLevel.Information, "The daily view was refreshed")]
    public static partial void Refreshed(ILogger logger);

    [LoggerMessage(401, LogLevel.Debug, "Compared {Calls} calls in shadow; evidently_schema.read_mismatches lists those that differ")]
    public static partial void Compared(ILogger logger, long calls);

    [LoggerMessage(301, LogLevel.Information, "Draining notes in the background: at most {BatchSize} results a turn, idle for {Interval} to {MaxInterval}")]
    public static partial void Draining(ILogger logger, int batchSize, TimeSpan interval, TimeSpan maxInterval);

    [LoggerMessage(302, LogLevel.Debug, "Drained: {Projected} results projected of at most {Batch}, {Expanded} parents' notes expanded, in {Elapsed}")]
    public static partial void Drained(ILogger logger, long? projected, long? expanded, int batch, TimeSpan elapsed);

    [LoggerMessage(303, LogLevel.Information, "There are no notes to drain before phase 2; looking again and again")]
    public static partial void NothingToDrainWith(ILogger logger);

    [LoggerMessage(304, LogLevel.Warning, "Result {ResultId} keeps failing: {Error} after {Attempts} attempts. It is tried again, every 5 minutes at last; see SELECT * FROM evidently_schema.pending_results")]
    public static partial void ResultKeepsFailing(ILogger logger, long resultId, string error, int attempts);

    [LoggerMessage(305, LogLevel.Warning, "Draining failed ({Failure}); the notes are as they were. Trying again in {Wait}, then less and less often")]
    public static partial void DrainingFailed(ILogger logger, string failure, TimeSpan wait, Exception exception);

    [LoggerMessage(306, LogLevel.Debug, "Draining still fails ({Failure}); trying again in {Wait}")]
    public static partial void DrainingStillFails(ILogger logger, string failure, TimeSpan wait);

    [LoggerMessage(307, LogLevel.Information, "Draining goes on")]
    public static partial void DrainingGoesOn(ILogger logger);

    [LoggerMessage(201, LogLevel.Information, "History: {Done} of {Total} results copied, {Rate} rows/s; {Throttle}")]
    public static partial void Copying(ILogger logger, long done, long total, decimal? rate, string throttle);

    [LoggerMessage(200, LogLevel.Warning, "A worker of the backfill stopped; the migration itself copies what is left. {Problem}")]
    public static partial void WorkerFailed(ILogger logger, string problem);
}
