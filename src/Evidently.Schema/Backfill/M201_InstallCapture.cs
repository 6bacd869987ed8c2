using FluentMigrator;

namespace Evidently.Schema.Backfill;

/// <summary>
/// Notes every change of legacy and its parents from here on, so that nothing that changes during or after the copy is lost. Locks the
/// six tables SHARE ROW EXCLUSIVE together for milliseconds; that waits for every open writer.
/// </summary>
[Migration(201, TransactionBehavior.None, "Install capture: notes of every change")]
public sealed class M201_InstallCapture : PhaseMigration
{
    /// <inheritdoc />
    public override void Up()
    {
        Run("M201_Notes.sql");
        base.Up();
    }

    /// <summary>What 202 may have left is taken away under the same lock: it may be a view, which no DROP INDEX drops.</summary>
    public override void Down()
    {
        Run("SingleRunner.try.sql");
        Run("M201_InstallCapture.down.sql");
    }
}
