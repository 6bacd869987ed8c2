using System.Collections.Generic;
using FluentMigrator;

namespace Evidently.Schema.Reads;

/// <summary>
/// The one filter of a page that no index of the plan serves: a brand's facts by <c>created_at</c>, which the dashboard asks for. Built
/// CONCURRENTLY: reads and writes of the star go on.
/// </summary>
/// <remarks><see href="https://www.postgresql.org/docs/current/sql-createindex.html#SQL-CREATEINDEX-CONCURRENTLY" /></remarks>
[Migration(402, TransactionBehavior.None, "Index metric_facts by brand and created_at")]
public sealed class M402_IndexFacts : PhaseMigration
{
    /// <inheritdoc />
    public override void Up()
    {
        Run("NoTimeout.sql");
        Run("M402_Prepare.sql");
        Run("M402_DropInvalid.sql");
        base.Up();
        Run("ResetTimeout.sql");
    }

    /// <inheritdoc />
    private protected override IReadOnlyList<string> Undo => ["M402_RefuseAfter.sql", "M402_IndexFacts.down.sql"];
}
