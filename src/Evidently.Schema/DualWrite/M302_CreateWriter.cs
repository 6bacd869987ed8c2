using System.Collections.Generic;
using FluentMigrator;

namespace Evidently.Schema.DualWrite;

/// <summary>
/// <c>evidently_schema.save_positions(…)</c>, the plan's savePositions for any host: one call a result. And <c>legacy_usage()</c>: who still uses legacy
/// by other ways. Locks no table of the application.
/// </summary>
[Migration(302, TransactionBehavior.None, "Create the writer: save_positions")]
public sealed class M302_CreateWriter : PhaseMigration
{
    /// <inheritdoc />
    public override void Up()
    {
        base.Up();
        Run("M302_Usage.sql");
        Run("ReloadPostgrest.sql");
    }

    /// <inheritdoc />
    private protected override IReadOnlyList<string> Undo => ["M302_CreateWriter.down.sql", "ReloadPostgrest.sql"];
}
