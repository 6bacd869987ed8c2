using FluentMigrator;

namespace Evidently.Schema.Backfill;

/// <summary>
/// Builds the indexes that 205 dropped, SHARE on their star tables, which no statement of the application touches yet, and makes primary keys of four of them; attaches the foreign keys again, NOT VALID, which locks the parents SHARE ROW EXCLUSIVE together for milliseconds, then validates
/// them, while reads and writes go on; orphans are deleted until it holds.
/// </summary>
[Migration(207, TransactionBehavior.None, "Build the star's spare indexes, attach and validate its foreign keys")]
public sealed class M207_AttachForeignKeys : PhaseMigration
{
    /// <inheritdoc />
    public override void Up()
    {
        Run("NoTimeout.sql");
        Run("M207_BuildIndexes.sql");
        Run("M207_AttachPrimaryKeys.sql");
        base.Up();
        Run("M207_Validate.sql");
        Run("ReloadPostgrest.sql");
        Run("ResetTimeout.sql");
    }
}
