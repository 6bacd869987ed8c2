using FluentMigrator;

namespace Evidently.Schema.Backfill;

/// <summary>
/// The mapping from legacy to star, written once: views that give exactly the star rows that should exist, and the rows that are rejected.
/// Built from the host's catalog. Capture is built again from the same catalog: a column that came after 201 would be projected, and its
/// changes not noted. That locks the six live tables SHARE ROW EXCLUSIVE together for milliseconds.
/// </summary>
[Migration(203, TransactionBehavior.None, "Create the projection views")]
public sealed class M203_CreateProjection : PhaseMigration
{
    /// <inheritdoc />
    public override void Up()
    {
        Run("M203_Conversions.sql");
        Run("M203_LegacyRows.sql");
        Run("M201_InstallCapture.sql");
        base.Up();
    }
}
