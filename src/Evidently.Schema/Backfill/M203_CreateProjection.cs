using FluentMigrator;

namespace Evidently.Schema.Backfill;

/// <summary>
/// The mapping from legacy to star, written once: views that give exactly the star rows that should exist, and the rows that are rejected.
/// Built from the host's catalog. Locks no table of the application.
/// </summary>
[Migration(203, TransactionBehavior.None, "Create the projection views")]
public sealed class M203_CreateProjection : PhaseMigration
{
    /// <inheritdoc />
    public override void Up()
    {
        Run("M203_Conversions.sql");
        Run("M203_LegacyRows.sql");
        base.Up();
    }
}
