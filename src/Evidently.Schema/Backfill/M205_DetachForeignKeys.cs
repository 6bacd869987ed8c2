using System.Collections.Generic;
using FluentMigrator;

namespace Evidently.Schema.Backfill;

/// <summary>
/// Detaches the star's foreign keys while history is copied: checking them row by row is most of the copy's cost. Parents' deletes are
/// noted meanwhile. Drops the indexes that no projector needs, four primary keys among them; 207 builds them again. Locks the parents ACCESS EXCLUSIVE together for milliseconds.
/// </summary>
[Migration(205, TransactionBehavior.None, "Detach the star's foreign keys and spare indexes for the copy")]
public sealed class M205_DetachForeignKeys : PhaseMigration
{
    /// <inheritdoc />
    private protected override IReadOnlyList<string> Undo => ["M205_DetachForeignKeys.down.sql", "M207_AttachPrimaryKeys.sql"];
}
