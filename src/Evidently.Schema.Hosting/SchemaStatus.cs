namespace Evidently.Schema.Hosting;

/// <summary>What <see cref="SchemaMigrator.GetStatusAsync"/> found, in one snapshot of the database.</summary>
/// <param name="Phase">The last phase that is complete; <see cref="Phase.None"/> where nothing of ours is.</param>
/// <param name="Applied">Versions of the migrations that are applied, ascending.</param>
/// <param name="Pending">Versions that a plain <see cref="SchemaMigrator.MigrateAsync(Phase, CancellationToken)"/> would apply, ascending.</param>
/// <param name="RejectedRows">Legacy rows that the star cannot hold: how many by reason.</param>
/// <param name="PendingNotes">Noted changes that are not yet projected.</param>
/// <param name="Backfill">How far the copy of history is; <see langword="null"/> before phase 2.</param>
/// <param name="LastVerification">The newest verification; <see langword="null"/> where none has run.</param>
/// <param name="DualWrite">How the dual-write is doing; <see langword="null"/> before phase 3.</param>
public sealed record SchemaStatus(
    Phase Phase,
    IReadOnlyList<long> Applied,
    IReadOnlyList<long> Pending,
    IReadOnlyDictionary<string, long> RejectedRows,
    long PendingNotes,
    BackfillProgress? Backfill,
    LastVerification? LastVerification,
    DualWriteStatus? DualWrite);

/// <summary>When the star was last verified and how that ended.</summary>
/// <param name="At">When it ran.</param>
/// <param name="Ok">Whether every check was clean.</param>
public sealed record LastVerification(DateTimeOffset At, bool Ok);

/// <summary>How far the backfill is: the view <c>evidently_schema.backfill_progress</c>.</summary>
/// <param name="Done">Results passed.</param>
/// <param name="Total">Results to pass, as counted when it started.</param>
/// <param name="Rejected">Legacy rows that the star cannot hold.</param>
/// <param name="Pending">Noted results that are not yet projected.</param>
/// <param name="RowsPerSecond">The rate, in legacy rows; <see langword="null"/> before there is one.</param>
/// <param name="Eta">The time left; <see langword="null"/> where it cannot be told.</param>
/// <param name="State">What it does: not started, running, paused, copied or finished.</param>
/// <param name="Throttle">Why it is slow or holds, as <c>hold: 2 sessions wait for locks on our tables</c>; <see langword="null"/> while nothing keeps it.</param>
/// <param name="Rows">Legacy rows read.</param>
/// <param name="BatchDuration">The mean duration of the newest batches; <see langword="null"/> before there is one.</param>
public sealed record BackfillProgress(
    long Done,
    long Total,
    long Rejected,
    long Pending,
    decimal? RowsPerSecond,
    TimeSpan? Eta,
    string State,
    string? Throttle,
    long Rows,
    TimeSpan? BatchDuration);
