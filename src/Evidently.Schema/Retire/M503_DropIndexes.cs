using FluentMigrator;

namespace Evidently.Schema.Retire;

/// <summary>
/// Drops the archived table's indexes that neither a key nor the projection needs, CONCURRENTLY, and keeps their definitions; Down builds them again, CONCURRENTLY.
/// In a generated script, which carries no such loop, both are done under a short lock, or, going down, while writers of the view wait.
/// </summary>
/// <remarks><see href="https://www.postgresql.org/docs/current/sql-dropindex.html" /></remarks>
[Tags(TagBehavior.RequireAny, "archive")]
[Migration(503, TransactionBehavior.None, "Drop the spare indexes of the archived table")]
public sealed class M503_DropIndexes : PhaseMigration
{
    /// <inheritdoc />
    public override void Up()
    {
        Run("NoTimeout.sql");
        Run("M501_RefuseDropped.sql");
        Run("M503_RecordIndexes.sql");
        RunEach("M503_DropNext.sql");
        base.Up();
        Run("ResetTimeout.sql");
    }

    /// <inheritdoc />
    public override void Down()
    {
        Run("NoTimeout.sql");
        Run("SingleRunner.try.sql");
        Run("M501_RefuseDropped.sql");
        RunEach("M503_BuildNext.sql");
        Run("M503_DropIndexes.down.sql");
        Run("ResetTimeout.sql");
    }
}
