using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Evidently.Schema.Hosting.Diagnostics;

/// <summary>
/// The one ActivitySource and the one Meter, both named <c>Evidently.Schema</c>; docs/telemetry.md lists what they say. Ids, counts and
/// names of ours only, never a row value.
/// </summary>
internal static class Telemetry
{
    public const string Name = "Evidently.Schema";
    public const string DatabaseKey = "db.namespace";
    public const string PhaseKey = "evidently_schema.phase";
    public const string ErrorKey = "error.type";
    private const string FunctionKey = "evidently_schema.function";
    private const string AnsweredByKey = "evidently_schema.answered_by";
    private const string CheckKey = "evidently_schema.check";
    private const string ReasonKey = "evidently_schema.reason";
    private const string Seconds = "s";
    private const string Rows = "{row}";

    private static readonly string? Version = typeof(Telemetry).Assembly.GetName().Version?.ToString(3);
    private static readonly ActivitySource Source = new(Name, Version);
    private static readonly Meter Meter = new(Name, Version);
    private static readonly ConcurrentDictionary<string, Observation> Observations = new(StringComparer.Ordinal);

    private static readonly Histogram<double> MigrationDuration = Meter.CreateHistogram<double>("evidently_schema.migration.duration", Seconds, "Migrating to a phase or back");
    private static readonly Histogram<double> VerificationDuration = Meter.CreateHistogram<double>("evidently_schema.verification.duration", Seconds, "Verifying the star");
    private static readonly Histogram<double> RefreshDuration = Meter.CreateHistogram<double>("evidently_schema.refresh.duration", Seconds, "Refreshing the daily view");
    private static readonly Histogram<double> DrainDuration = Meter.CreateHistogram<double>("evidently_schema.drain.duration", Seconds, "A turn of draining that did something");
    private static readonly Histogram<double> ReadDuration = Meter.CreateHistogram<double>("evidently_schema.read.duration", Seconds, "Reading a page's figures, from the call to the last row");
    private static readonly Histogram<double> LockWaitDuration = Meter.CreateHistogram<double>("evidently_schema.lock.wait.duration", Seconds, "A step's wait for locks on live tables that it did not get at its first try");
    private static readonly Counter<long> DrainedResults = Meter.CreateCounter<long>("evidently_schema.drain.results", "{result}", "Results projected by draining");
    private static readonly Gauge<long> Mismatches = Meter.CreateGauge<long>("evidently_schema.verification.mismatches", Rows, "Rows found missing, extra or different by the last verification");

    static Telemetry()
    {
        Observe("evidently_schema.phase.reached", "{phase}", "The last phase that is complete", seen => (double)seen.Status.Phase);
        Observe("evidently_schema.backfill.rows", Rows, "Legacy rows that the copy has read", seen => seen.Status.Backfill?.Rows);
        Observe("evidently_schema.backfill.rate", "{row}/s", "The rate of the newest batches", seen => (double?)seen.Status.Backfill?.RowsPerSecond);
        Observe("evidently_schema.backfill.lag", "{result}", "Results that are not copied yet", seen => seen.Status.Backfill is { } copy ? Math.Max(copy.Total - copy.Done, 0) : null);
        Observe("evidently_schema.backfill.batch.duration", Seconds, "The mean duration of the newest batches", seen => seen.Status.Backfill?.BatchDuration?.TotalSeconds);
        Observe("evidently_schema.notes.pending", "{note}", "Changes that are noted and not yet in the star", seen => seen.Status.PendingNotes);
        Observe("evidently_schema.notes.age", Seconds, "The age of the oldest note", seen => seen.Status.DualWrite is { } write ? (write.Oldest ?? TimeSpan.Zero).TotalSeconds : null);
        Observe("evidently_schema.verification.age", Seconds, "The age of the last verification when it was looked at", seen => seen.Status.LastVerification is { } last ? (seen.At - last.At).TotalSeconds : null);
        Observe("evidently_schema.lock.waiters", "{session}", "Sessions that wait for a lock on our tables", seen => seen.LockWaiters);
        Meter.CreateObservableGauge(
            "evidently_schema.rows.rejected",
            () => Observations.SelectMany(seen => seen.Value.Status.RejectedRows.Select(reason =>
                new Measurement<long>(reason.Value, new(DatabaseKey, seen.Key), new(ReasonKey, reason.Key)))),
            Rows,
            "Legacy rows that the star cannot hold");
    }

    /// <summary>Whether anybody wants what <see cref="Observed"/> is told.</summary>
    public static bool IsListenedTo => DrainedResults.Enabled || Mismatches.Enabled;

    public static Activity? Start(string name, string database, Phase? phase = null)
    {
        var activity = Source.StartActivity(name, ActivityKind.Client);
        activity?.SetTag("db.system.name", "postgresql").SetTag(DatabaseKey, database);
        if (phase is not null)
        {
            activity?.SetTag(PhaseKey, phase.ToString());
        }

        return activity;
    }

    /// <summary>Runs and times <paramref name="work"/> as an activity of this name; a failure is its status, and the tag of the histogram.</summary>
    public static async Task<T> TimedAsync<T>(string name, Timed timed, string database, Phase? phase, Func<Task<T>> work)
    {
        using var activity = Start(name, database, phase);
        var started = TimeProvider.System.GetTimestamp();
        string? error = null;
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            error = (exception as SchemaException)?.SqlState ?? exception.GetType().Name;
            activity?.SetStatus(ActivityStatusCode.Error, exception is SchemaException ? exception.Message : error).SetTag(ErrorKey, error);
            throw;
        }
        finally
        {
            var tags = new TagList { { DatabaseKey, database } };
            if (phase is not null)
            {
                tags.Add(PhaseKey, phase.ToString());
            }

            if (error is not null)
            {
                tags.Add(ErrorKey, error);
            }

            HistogramOf(timed).Record(TimeProvider.System.GetElapsedTime(started).TotalSeconds, tags);
        }
    }

    /// <summary>Runs and times a read of this function: who answered is a tag of its activity and of the histogram, and so is a failure.</summary>
    public static async Task<IReadOnlyList<T>> ReadAsync<T>(string function, string database, Func<Task<(IReadOnlyList<T> Rows, string? AnsweredBy)>> work)
    {
        using var activity = Start("evidently_schema.read", database);
        activity?.SetTag(FunctionKey, function);
        var tags = new TagList { { DatabaseKey, database }, { FunctionKey, function } };
        var started = TimeProvider.System.GetTimestamp();
        try
        {
            var (rows, answeredBy) = await work().ConfigureAwait(false);
            activity?.SetTag(AnsweredByKey, answeredBy);
            tags.Add(AnsweredByKey, answeredBy);
            return rows;
        }
        catch (Exception exception)
        {
            var error = (exception as SchemaException)?.SqlState ?? exception.GetType().Name;
            activity?.SetStatus(ActivityStatusCode.Error, exception is SchemaException ? exception.Message : error).SetTag(ErrorKey, error);
            tags.Add(ErrorKey, error);
            throw;
        }
        finally
        {
            ReadDuration.Record(TimeProvider.System.GetElapsedTime(started).TotalSeconds, tags);
        }
    }

    public static void Drained(string database, long results, TimeSpan took)
    {
        DrainedResults.Add(results, new KeyValuePair<string, object?>(DatabaseKey, database));
        DrainDuration.Record(took.TotalSeconds, new KeyValuePair<string, object?>(DatabaseKey, database));
    }

    public static void LockWaited(string database, Phase phase, double seconds) => LockWaitDuration.Record(seconds, new(DatabaseKey, database), new(PhaseKey, phase.ToString()));

    public static void Verified(string database, VerificationReport report)
    {
        foreach (var check in report.Checks)
        {
            Mismatches.Record(check.Missing + check.Extra + check.Different, new(DatabaseKey, database), new(CheckKey, check.Name));
        }
    }

    /// <summary>What the observable instruments say of this database from now on.</summary>
    public static void Observed(string database, Observation observation) => Observations[database] = observation;

    public static void Forget(string database) => Observations.TryRemove(database, out _);

    private static Histogram<double> HistogramOf(Timed timed) => timed switch
    {
        Timed.Migration => MigrationDuration,
        Timed.Verification => VerificationDuration,
        _ => RefreshDuration,
    };

    private static void Observe(string name, string unit, string description, Func<Observation, double?> value) => Meter.CreateObservableGauge(
        name,
        () => Observations.Select(seen => (Database: seen.Key, Value: value(seen.Value)))
            .Where(seen => seen.Value is not null)
            .Select(seen => new Measurement<double>(seen.Value!.Value, new KeyValuePair<string, object?>(DatabaseKey, seen.Database))),
        unit,
        description);
}

/// <summary>What is timed, and so in which histogram.</summary>
internal enum Timed
{
    Migration,
    Verification,
    Refresh,
}

/// <summary>The state of a database as a host saw it last.</summary>
internal sealed record Observation(SchemaStatus Status, double? LockWaiters, DateTimeOffset At);
