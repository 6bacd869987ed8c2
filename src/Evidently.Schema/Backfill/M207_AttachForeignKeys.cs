using FluentMigrator;

namespace Evidently.Schema.Backfill;

/// <summary>
/// Attaches the foreign keys again, NOT VALID, which locks the parents SHARE ROW EXCLUSIVE together for milliseconds, then validates
/// them, while reads and writes go on; orphans are deleted until it holds.
/// </summary>
[Migration(207, TransactionBehavior.None, "Attach and validate the star's foreign keys")]
public sealed class M207_AttachForeignKeys : PhaseMigration
{
    /// <inheritdoc />
    public override void Up()
    {
        Run("NoTimeout.sql");
        base.Up();
        Run("M207_Validate.sql");
        Run("ResetTimeout.sql");
    }
}
