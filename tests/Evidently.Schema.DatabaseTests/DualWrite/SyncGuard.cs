using Evidently.Schema.DatabaseTests.Backfill;
using Guard = Evidently.Schema.DatabaseTests.Backfill.Guard;

namespace Evidently.Schema.DatabaseTests.DualWrite;

/// <summary>The rules that phase 3 rests on, beside those of <see cref="Guard"/>.</summary>
internal static class SyncGuard
{
    /// <summary>What is not projected in the writer's transaction is noted.</summary>
    public static Guard Note { get; } = new(
        "capture_legacy", "SELECT 'result', u.id FROM unnest(results) AS u (id);\n        IF current", "SELECT 'result', u.id FROM unnest(results) AS u (id) WHERE false;\n        IF current");

    /// <summary>What fails before the result is projected is noted, too.</summary>
    public static Guard NoteTrouble { get; } = new(
        "capture_legacy", "SELECT 'result', u.id, 'SQLSTATE ' || state FROM unnest(results) AS u (id);", "SELECT 'result', u.id, 'SQLSTATE ' || state FROM unnest(results) AS u (id) WHERE false;");

    /// <summary>A writer waits for no table of the star.</summary>
    public static Guard NoWait { get; } = new("sync_results", "IN ROW EXCLUSIVE MODE NOWAIT;", "IN ROW EXCLUSIVE MODE;");

    /// <summary>Behind <see cref="NoWait"/>: what a writer does wait for, it waits for a moment.</summary>
    public static Guard ShortWait { get; } = new("sync_results", " SET lock_timeout TO '20ms'\n", " SET lock_timeout TO '60s'\n");

    /// <summary>A writer drains a few notes of others on its way.</summary>
    public static Guard OnTheWay { get; } = new("sync_results", "        PERFORM evidently_schema.drain_on_the_way();\n", string.Empty);

    /// <summary>Nobody expands a parent's note before the transaction that wrote it has ended.</summary>
    public static Guard OwnNotes { get; } = new("expand_parent_notes", "n.noted_at < transaction_timestamp()", "true");

    /// <summary>As above, where the writer chooses the note to expand.</summary>
    public static Guard OwnNotesOnTheWay { get; } = new("drain_on_the_way", "c.noted_at < transaction_timestamp()", "true");

    /// <summary>A transaction that goes on drains nothing that it would hold until it ends.</summary>
    public static Guard FirstStatement { get; } = new(
        "drain_on_the_way", " OR statement_timestamp() > transaction_timestamp() + interval '1 millisecond' AND coalesce(current_setting('request.method', true), '') = ''", string.Empty);

    /// <summary>A statement of many results is only noted.</summary>
    public static Guard FewResults { get; } = new("capture_legacy", " AND cardinality(results) <= 64", string.Empty);

    /// <summary>A statement that has little time left is only noted.</summary>
    public static Guard TimeLeft { get; } = new("capture_legacy", "clock_timestamp() + interval '100 milliseconds' < statement_timestamp()", "true OR clock_timestamp() < statement_timestamp()");

    /// <summary>A writer looks at a hundred notes at a time.</summary>
    public static Guard Look { get; } = new("drain_on_the_way", "due_results(3, 0, 100)", "due_results(3)");

    /// <summary>An UPDATE that changes this column is a change.</summary>
    public static Guard Column(string column) => new("capture_legacy", $"o.{column}", $"n.{column}");
}
