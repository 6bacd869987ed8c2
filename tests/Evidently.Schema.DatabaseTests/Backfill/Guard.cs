namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>
/// One rule of the contract's section 6, as a piece of the text of a function, procedure or view. A test that claims to prove the rule also runs with the rule
/// taken out of its database, and then must see the star go wrong: otherwise it proves nothing.
/// </summary>
internal sealed record Guard(string Name, string Text, string Without)
{
    /// <summary>Every change of legacy is noted.</summary>
    public static Guard Capture { get; } = new("capture_legacy", "    IF TG_OP = 'INSERT' THEN", "    RETURN NULL; IF TG_OP = 'INSERT' THEN");

    /// <summary>An UPDATE notes the result that a row has left, too.</summary>
    public static Guard CaptureOldResult { get; } =
        new("capture_legacy", "(VALUES (o.id, o.collector_result_id), (n.id, n.collector_result_id))", "(VALUES (n.id, n.collector_result_id))");

    /// <summary>Every change of a parent is noted.</summary>
    public static Guard CaptureParent { get; } = new("capture_parent", "    IF TG_OP = 'TRUNCATE' THEN", "    RETURN NULL; IF TG_OP = 'TRUNCATE' THEN");

    /// <summary>A collector result is noted, too, when it cannot be looked up whether that is needed.</summary>
    public static Guard NoteUnknown { get; } = new("capture_parent", "            IF v_kind = 'collector_result' AND TG_OP <> 'TRUNCATE' THEN", "            IF false THEN");

    /// <summary>A fact deleted by a cascade is noted.</summary>
    public static Guard CaptureStar { get; } =
        new("capture_star", "    IF TG_OP = 'TRUNCATE' THEN", "    RETURN NULL; IF TG_OP = 'TRUNCATE' THEN");

    /// <summary>Who projects a result holds its stripe.</summary>
    public static Guard Stripes { get; } = new("lock_stripes", "pg_try_advisory_xact_lock(1702259053, ", "int4ne(-1, ");

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

    /// <summary>A parent's note that is expanded in part stays.</summary>
    public static Guard StaysToTheLast { get; } = new("expand_parent_notes", "IF cardinality(results) < room THEN", "IF true THEN");

    /// <summary>Only a note that is expanded from its beginning says what others of the same parent say.</summary>
    public static Guard FreshSaysAll { get; } = new("expand_parent_notes", "IF note.expanded_to IS NULL THEN", "IF true THEN");

    /// <summary>A result that fails for the tenth time is an event.</summary>
    public static Guard ReportFailing { get; } = new("drain_results", "WHERE f.attempts = 10", "WHERE false");

    /// <summary>An index that may refuse a row stays while history is copied.</summary>
    public static Guard RefusingIndexStays { get; } = new("detach_indexes", "'idx_metric_facts_query'", "'idx_metric_facts_topic'");

    /// <summary>A projector waits 20 ms at most for a row of the application.</summary>
    public static Guard ShortWait { get; } = new("project_safely", " SET lock_timeout TO '20ms'\n", "\n");

    /// <summary>So does a batch.</summary>
    public static Guard ShortWaitOfBatch { get; } = new("project_fresh", " SET lock_timeout TO '20ms'\n", "\n");

    /// <summary>What waits for a row is found by halving, so that the rest is projected.</summary>
    public static Guard HalveHeld { get; } =
        new("project_safely", "OR state IN ('55P03', '40P01') AND clock_timestamp() < p_until", string.Empty);

    /// <summary>Halving ends in time, however many are held.</summary>
    public static Guard HalveInTime { get; } = new("project_safely", "AND clock_timestamp() < p_until", string.Empty);

    /// <summary>A note that has failed counts as not drained at the end of the backfill.</summary>
    public static Guard FailedIsStuck { get; } = new("finish_backfill", " OR n.attempts > 0", string.Empty);

    /// <summary>The end of the backfill tries failed notes at once.</summary>
    public static Guard TryAtOnce { get; } =
        new("finish_backfill", "SET attempts = 1 WHERE n.attempts > 1", "SET attempts = 1 WHERE false");

    /// <summary>A step waits for the star in a mode that makes nobody wait.</summary>
    public static Guard GentleWait { get; } =
        new("step", "LOCK TABLE public.%I IN SHARE UPDATE EXCLUSIVE MODE', waited_for)", "LOCK TABLE public.%I IN %s MODE', waited_for, p_mode)");

    /// <summary>A step's body is run without the host's schemas.</summary>
    public static Guard PinnedStep { get; } = new("step", "PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true);", string.Empty);

    /// <summary>What a step calls itself, it calls by its full name.</summary>
    public static Guard QualifiedStep { get; } = new("step", "pg_catalog.format(", "format(");

    /// <summary>So does the end of the backfill.</summary>
    public static Guard QualifiedFinish { get; } = new("finish_backfill", "pg_catalog.format(", "format(");

    /// <summary>So does the end of the backfill when it names examples.</summary>
    public static Guard QualifiedExamples { get; } = new("finish_backfill", "pg_catalog.array_agg(", "array_agg(");

    /// <summary>A rejected row that moves to another result notes the one it is taken from.</summary>
    public static Guard NoteMovedRow { get; } =
        new("note_moved_row", "    INSERT INTO evidently_schema.change_notes", "    RETURN NULL; INSERT INTO evidently_schema.change_notes");

    /// <summary>What a drain notes it drains.</summary>
    public static Guard DrainMoved { get; } = new("drain", "IF done.expanded > 0 OR moved THEN", "IF done.expanded > 0 THEN");

    /// <summary>Rows without result are listed by one projector at a time.</summary>
    public static Guard LooseRows { get; } = new("lock_loose_rows", "SELECT pg_try_advisory_xact_lock(1702259053, 1024)", "SELECT true");

    /// <summary>A batch reads after it holds its stripes.</summary>
    public static Guard ReadCommittedBatch { get; } = new("copy_batch", "current_setting('transaction_isolation') <> 'read committed'", "false");

    /// <summary>A drain reads after it holds its stripes.</summary>
    public static Guard ReadCommittedDrain { get; } = new("drain_batch", "current_setting('transaction_isolation') <> 'read committed'", "false");

    /// <summary>The copy begins with the smallest id there is.</summary>
    public static Guard SmallestFirst { get; } = new(
        "next_results",
        "ep.collector_result_id >= coalesce(p_after, -9223372036854775808) AND ep.collector_result_id IS DISTINCT FROM p_after",
        "ep.collector_result_id > coalesce(p_after, -9223372036854775808)");

    /// <summary>The copy begins when every trigger of capture fires.</summary>
    public static Guard AllOfCapture { get; } = new("start_backfill", ") < 19", ") < 1");

    /// <summary>Default privileges of other roles are taken off what a step makes.</summary>
    public static Guard RevokeDefaults { get; } =
        new("restrict_access", "EXECUTE format('REVOKE ALL ON %s %s FROM %I', other.kind, other.name, other.rolname);", "NULL;");

    /// <summary>A new competitor brings back the results an INSERT refused.</summary>
    public static Guard RefusedOfCompetitor { get; } =
        new("results_of_note", "OR n.kind = 'competitor' AND ep.brand_id = n.brand_id AND x.detail LIKE 'SQLSTATE %'", string.Empty);

    /// <summary>Transactions of other databases are not waited for.</summary>
    public static Guard OwnDatabase { get; } = new("running_transactions", "a.datname <> current_database()", "false");

    /// <summary>Deleting orphans waits 20 ms at most for one that is held.</summary>
    public static Guard ShortWaitForOrphan { get; } =
        new("validate_foreign_keys", "PERFORM pg_catalog.set_config('lock_timeout', '20', true);", string.Empty);

    /// <summary>Orphans are deleted a thousand a transaction.</summary>
    public static Guard FewOrphans { get; } = new("validate_foreign_keys", " LIMIT 1000))", "))");

    /// <summary>A parent's changed key is followed by the star.</summary>
    public static Guard FollowKeys { get; } = new("attach_foreign_keys", "'ON UPDATE CASCADE '", "''");

    /// <summary>Repair refreshes the daily view when it is found wrong.</summary>
    public static Guard RefreshWrongView { get; } = new("repair", "IF 'mv_brand_daily_metrics' = ANY (wrong) THEN", "IF false THEN");

    /// <summary>Nobody writes the star alone before legacy is archived.</summary>
    public static Guard StarAfterArchive { get; } = new("check_setting", "NEW.name = 'write_target' AND NEW.value = 'star'", "false");

    /// <summary>A collector type that the daily view's key may not hold is not projected.</summary>
    public static Guard ShortCollectorType { get; } = new("legacy_rows", "octet_length(ep.collector_type) <= 2000", "true");

    /// <summary>How deep a JSON string may be nested does not depend on the stack.</summary>
    public static Guard ShallowJson { get; } = new("to_json", "pg_catalog.octet_length(p_value) <= 2002 OR NOT pg_catalog.jsonb_path_exists(parsed, 'strict $.**{1001}')", "true");

    /// <summary>A statement that finds a stripe busy leaves a note.</summary>
    public static Guard SyncBusyNote { get; } = new("sync_results", "WHERE u.id <> ALL (free);", "WHERE false;");

    /// <summary>A snapshot that may be older than the stripes is not projected with.</summary>
    public static Guard SyncIsolation { get; } = new("capture_legacy", "current_setting('transaction_isolation') LIKE 'read %'", "true");

    /// <summary>What could not be projected in the writer's transaction is noted.</summary>
    public static Guard SyncFailureNote { get; } =
        new("sync_results", "VALUES ('result', failed.collector_result_id, 1, failed.error);", "SELECT 'result', failed.collector_result_id, 1, failed.error WHERE false;");

    public async Task RemoveAsync(StarDatabase database)
    {
        var definition = ViewText.Of(Name, (await database.ScalarAsync<string>(
            $"""
            SELECT coalesce(pg_get_functiondef(to_regproc('evidently_schema.{Name}')), format('CREATE OR REPLACE VIEW evidently_schema.{Name} WITH (security_invoker = true) AS %s',
                pg_get_viewdef(to_regclass('evidently_schema.{Name}'), true)))
            """))!);
        var text = ViewText.Of(Name, Text);
        Assert.That(definition, Does.Contain(text), "the guard is no longer where this test looks for it");
        await database.ExecuteAsync(definition.Replace(text, ViewText.Of(Name, Without), StringComparison.Ordinal));
    }

    public Task RemoveUnlessAsync(bool guarded, StarDatabase database) => guarded ? Task.CompletedTask : RemoveAsync(database);
}
