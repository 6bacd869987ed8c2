using FluentMigrator;

namespace Evidently.Schema.Backfill;

/// <summary>
/// What writes the star: projecting results under their stripes, draining notes, copying history in batches, and verifying. Locks no
/// table of the application.
/// </summary>
[Migration(204, TransactionBehavior.None, "Create the projectors: project, drain, backfill, verify, repair")]
public sealed class M204_CreateProjectors : PhaseMigration
{
    /// <inheritdoc />
    public override void Up()
    {
        Run("M204_Project.sql");
        Run("M204_Drain.sql");
        Run("M204_Backfill.sql");
        Run("M204_Verify.sql");
        Run("M204_ForeignKeys.sql");
        base.Up();
    }
}
