using FluentMigrator;

namespace Evidently.Schema.Retire;

/// <summary>
/// Drops <c>collector_results.raw_answer</c>, when the setting <c>allow_drop_raw_answer</c> says so, after cleanup. Locks <c>collector_results</c> ACCESS EXCLUSIVE
/// for milliseconds. There is no way back but a backup.
/// </summary>
[Tags(TagBehavior.RequireAny, "drop-raw-answer")]
[Migration(505, TransactionBehavior.None, "Drop collector_results.raw_answer")]
public sealed class M505_DropRawAnswer : PhaseMigration
{
    /// <inheritdoc />
    public override void Up()
    {
        Run("M505_Answers.sql");
        Run("M505_Check.sql");
        base.Up();
        Run("ReloadPostgrest.sql");
    }
}
