using FluentMigrator;

namespace Evidently.Schema.Retire;

/// <summary>
/// Detaches the archived table's foreign keys: a renamed table still cascades. Locks it and its parents ACCESS EXCLUSIVE together for milliseconds. Down
/// attaches them NOT VALID and validates where the data allow, while reads and writes go on.
/// </summary>
[Tags(TagBehavior.RequireAny, "archive")]
[Migration(502, TransactionBehavior.None, "Detach the foreign keys of the archived table")]
public sealed class M502_DetachForeignKeys : PhaseMigration
{
    /// <inheritdoc />
    public override void Up()
    {
        Run("M501_RefuseDropped.sql");
        base.Up();
        Run("ReloadPostgrest.sql");
    }

    /// <inheritdoc />
    public override void Down()
    {
        Run("NoTimeout.sql");
        Run("SingleRunner.try.sql");
        Run("M501_RefuseDropped.sql");
        Run("M502_DetachForeignKeys.down.sql");
        Run("M502_Validate.sql");
        Run("ResetTimeout.sql");
    }
}
