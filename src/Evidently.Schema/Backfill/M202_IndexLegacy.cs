using System.Collections.Generic;
using FluentMigrator;

namespace Evidently.Schema.Backfill;

/// <summary>
/// Builds an index leading with <c>collector_result_id</c> on legacy, CONCURRENTLY, when there is none: every projection finds a result's
/// rows by it. Reads and writes go on meanwhile.
/// </summary>
/// <remarks><see href="https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY" /></remarks>
[Migration(202, TransactionBehavior.None, "Index extracted_positions by collector_result_id, if it is not")]
public sealed class M202_IndexLegacy : PhaseMigration
{
    /// <inheritdoc />
    public override void Up()
    {
        Run("NoTimeout.sql");
        Run("M202_Prepare.sql");
        Run("M202_DropInvalid.sql");
        Run("M202_IndexLegacy.sql");
        Run("M202_Finish.sql");
        Run("ResetTimeout.sql");
    }

    /// <inheritdoc />
    private protected override IReadOnlyList<string> Undo => ["M202_RefuseAfter.sql", "M202_IndexLegacy.down.sql"];
}
