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

    /// <summary>The indexes too: where 503 was interrupted before it was listed, its own Down does not run.</summary>
    public override void Down()
    {
        Run("NoTimeout.sql");
        Run("SingleRunner.try.sql");
        Run("M501_RefuseDropped.sql");
        RunEach("M503_BuildNext.sql");
        Run("M503_DropIndexes.down.sql");
        Run("M502_DetachForeignKeys.down.sql");
        Run("M502_Validate.sql");
        Run("ResetTimeout.sql");
    }
}
