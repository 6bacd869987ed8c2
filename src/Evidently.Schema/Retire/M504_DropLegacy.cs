using FluentMigrator;

namespace Evidently.Schema.Retire;

/// <summary>
/// Drops the archived table, keeping in <c>evidently_schema.legacy_residue</c> what the star does not hold, and leaves a read-only view. Refuses, naming every
/// open point, while it is young, used or not verified. Locks it and its parents ACCESS EXCLUSIVE together for milliseconds. There is no way back but a backup.
/// </summary>
[Tags(TagBehavior.RequireAny, "cleanup")]
[Migration(504, TransactionBehavior.None, "Drop the archived table")]
public sealed class M504_DropLegacy : PhaseMigration
{
    /// <inheritdoc />
    public override void Up()
    {
        Run("NoTimeout.sql");
        Run("M504_RefuseTable.sql");
        Run("M504_Residue.sql");
        Run("M504_Check.sql");
        Run("M504_Watch.sql");
        Run("M504_Keep.sql");
        Run("M504_Retired.sql");
        base.Up();
        Run("ReloadPostgrest.sql");
        Run("ResetTimeout.sql");
    }
}
