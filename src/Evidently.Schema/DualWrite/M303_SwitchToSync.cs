using FluentMigrator;

namespace Evidently.Schema.DualWrite;

/// <summary>
/// Switches capture to sync, by one UPDATE, and drains what was noted before. Down switches back to capture: what follows is noted, nothing
/// is lost. Locks no table of the application.
/// </summary>
[Migration(303, TransactionBehavior.None, "Switch dual_write to sync")]
public sealed class M303_SwitchToSync : PhaseMigration
{
    /// <inheritdoc />
    public override void Up()
    {
        Run("NoTimeout.sql");
        base.Up();
        Run("M303_Drain.sql");
        Run("ResetTimeout.sql");
    }
}
