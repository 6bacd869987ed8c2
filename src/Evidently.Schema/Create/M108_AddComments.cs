using FluentMigrator;

namespace Evidently.Schema.Create;

/// <summary>The plan's comments on the star. Locks no table of the application.</summary>
[Migration(108, TransactionBehavior.None, "Add comments")]
public sealed class M108_AddComments : PhaseMigration
{
    /// <inheritdoc />
    public override void Up()
    {
        base.Up();
        Run("ReloadPostgrest.sql");
    }
}
