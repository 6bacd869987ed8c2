using System.Collections.Generic;
using FluentMigrator;

namespace Evidently.Schema.Backfill;

/// <summary>
/// Ends the backfill: statistics, drain of what was noted, refresh of the daily view, verification. Fails with counts and examples
/// unless star = projection. Locks no table of the application.
/// </summary>
[Migration(208, TransactionBehavior.None, "Drain, refresh and verify")]
public sealed class M208_FinishBackfill : PhaseMigration
{
    /// <inheritdoc />
    public override void Up()
    {
        Run("NoTimeout.sql");
        Run("M208_Analyze.sql");
        base.Up();
        Run("ResetTimeout.sql");
    }

    /// <inheritdoc />
    private protected override IReadOnlyList<string> Undo => ["M501_Forget.sql", "M208_FinishBackfill.down.sql"];
}
