using FluentMigrator;

namespace Evidently.Schema.Backfill;

/// <summary>
/// Copies history, batch by batch, each its own transaction: killed at any moment it goes on after the last committed batch.
/// Locks nothing longer than a batch, under 250 ms.
/// </summary>
[Migration(206, TransactionBehavior.None, "Copy history in batches")]
public sealed class M206_CopyHistory : PhaseMigration
{
    /// <inheritdoc />
    public override void Up()
    {
        Run("NoTimeout.sql");
        base.Up();
        Run("ResetTimeout.sql");
    }
}
