namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>
/// One rule of the contract's section 6, as a piece of a function's text. A test that claims to prove the rule also runs with the rule
/// taken out of its database, and then must see the star go wrong: otherwise it proves nothing.
/// </summary>
internal sealed record Guard(string Function, string Text, string Without)
{
    /// <summary>Every change of legacy is noted.</summary>
    public static Guard Capture { get; } = new("capture_legacy", "    IF TG_OP = 'INSERT' THEN", "    RETURN NULL; IF TG_OP = 'INSERT' THEN");

    /// <summary>An UPDATE notes the result that a row has left, too.</summary>
    public static Guard CaptureOldResult { get; } =
        new("capture_legacy", "(VALUES (o.id, o.collector_result_id), (n.id, n.collector_result_id))", "(VALUES (n.id, n.collector_result_id))");

    /// <summary>Every change of a parent is noted.</summary>
    public static Guard CaptureParent { get; } = new("capture_parent", "    IF TG_OP = 'TRUNCATE' THEN", "    RETURN NULL; IF TG_OP = 'TRUNCATE' THEN");

    /// <summary>A fact deleted by a cascade is noted.</summary>
    public static Guard CaptureStar { get; } =
        new("capture_star", "current_setting('evidently_schema.projecting', true) = 'on'", "true");

    /// <summary>Who projects a result holds its stripe.</summary>
    public static Guard Stripes { get; } = new("lock_stripes", "pg_try_advisory_xact_lock(1702259053, s.stripe) AS taken", "true AS taken");

    /// <summary>A batch that finds a stripe busy leaves a note.</summary>
    public static Guard BusyNote { get; } = new(
        "copy_batch", "EXCEPT SELECT unnest(free)) AS i (id)", "EXCEPT SELECT unnest(free)) AS i (id) WHERE false");

    /// <summary>A drain forgets what was noted before it read legacy, nothing later.</summary>
    public static Guard ForgetFirst { get; } = new(
        "drain_results",
        "INTO failed FROM failed;",
        "INTO failed FROM failed; DELETE FROM evidently_schema.change_notes AS n WHERE n.collector_result_id = ANY (results);");

    /// <summary>A result that could not be projected is noted again.</summary>
    public static Guard NoteFailed { get; } = new("drain_results", "f.error FROM failed AS f\n    ),\n    reported", "f.error FROM failed AS f WHERE false\n    ),\n    reported");

    /// <summary>A parent's note is expanded when all have ended who may have read the parent as it was.</summary>
    public static Guard Horizon { get; } = new("expand_parent_notes", "x.xid < h.horizon", "false");

    /// <summary>A statement that finds a stripe busy leaves a note.</summary>
    public static Guard SyncBusyNote { get; } = new("sync_results", "WHERE u.id <> ALL (free);", "WHERE false;");

    /// <summary>A snapshot that may be older than the stripes is not projected with.</summary>
    public static Guard SyncIsolation { get; } = new("capture_legacy", "current_setting('transaction_isolation') LIKE 'read %'", "true");

    /// <summary>What could not be projected in the writer's transaction is noted.</summary>
    public static Guard SyncFailureNote { get; } =
        new("sync_results", "VALUES ('result', failed.collector_result_id, 1, failed.error);", "SELECT 'result', failed.collector_result_id, 1, failed.error WHERE false;");

    public async Task RemoveAsync(StarDatabase database)
    {
        var definition = await database.ScalarAsync<string>($"SELECT pg_get_functiondef('evidently_schema.{Function}'::regproc)");
        Assert.That(definition, Does.Contain(Text), "the guard is no longer where this test looks for it");
        await database.ExecuteAsync(definition!.Replace(Text, Without, StringComparison.Ordinal));
    }
}
