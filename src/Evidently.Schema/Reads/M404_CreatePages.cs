using System.Collections.Generic;
using FluentMigrator;

namespace Evidently.Schema.Reads;

/// <summary>
/// The eight functions of the six services, each in three versions: <c>evidently_schema.legacy_…</c>, <c>evidently_schema.star_…</c> and, in
/// <c>public</c>, the one that hosts call. Refuses to replace a function of the host's. Locks no table of the application.
/// </summary>
[Migration(404, TransactionBehavior.None, "Create the pages' functions: legacy, star and routed")]
public sealed class M404_CreatePages : PhaseMigration
{
    /// <inheritdoc />
    public override void Up()
    {
        Run("M404_CreateRead.sql");
        Run("M404_Dashboard.sql");
        Run("M404_Charts.sql");
        Run("M404_Pages.sql");
        base.Up();
        Run("ReloadPostgrest.sql");
    }

    /// <inheritdoc />
    private protected override IReadOnlyList<string> Undo => ["M404_CreatePages.down.sql", "ReloadPostgrest.sql"];
}
