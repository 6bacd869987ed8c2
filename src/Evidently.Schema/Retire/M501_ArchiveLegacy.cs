using FluentMigrator;

namespace Evidently.Schema.Retire;

/// <summary>
/// Renames <c>extracted_positions</c> and puts a view of its name in its place, in one transaction that holds the table ACCESS EXCLUSIVE for
/// milliseconds. Refuses before anything is locked, naming every open point, unless the star answers for everything.
/// </summary>
[Tags(TagBehavior.RequireAny, "archive")]
[Migration(501, TransactionBehavior.None, "Archive extracted_positions behind a view")]
public sealed class M501_ArchiveLegacy : PhaseMigration
{
    /// <inheritdoc />
    public override void Up()
    {
        Run("NoTimeout.sql");
        Run("M501_Obstacles.sql");
        Run("M501_Check.sql");
        Run("M501_Tables.sql");
        Run("M501_Rebuild.sql");
        Run("M501_View.sql");
        Run("M501_Writers.sql");
        base.Up();
        Run("ResetTimeout.sql");
    }

    /// <summary>The foreign keys too: where 502 was interrupted before it was listed, its own Down does not run.</summary>
    public override void Down()
    {
        Run("NoTimeout.sql");
        Run("SingleRunner.try.sql");
        Run("M501_RefuseDropped.sql");
        Run("M502_DetachForeignKeys.down.sql");
        Run("M502_Validate.sql");
        Run("M501_BringBack.sql");
        Run("M501_ArchiveLegacy.down.sql");
        Run("M501_Forget.sql");
        Run("ReloadPostgrest.sql");
        Run("ResetTimeout.sql");
    }
}
