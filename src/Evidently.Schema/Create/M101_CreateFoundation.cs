using FluentMigrator;

namespace Evidently.Schema.Create;

/// <summary>Checks the ground, then creates what every later step stands on: the step procedure, settings and the audit trail.</summary>
[Migration(101, TransactionBehavior.None, "Create the foundation: requirements, step, settings, events")]
public sealed class M101_CreateFoundation : PhaseMigration
{
    /// <inheritdoc />
    public override void Up()
    {
        Run("M101_Requirements.sql");
        Run("M101_Step.sql");
        base.Up();
    }

    /// <summary>Not what 102 may have left: <c>step</c>, by which that goes, is not there any more when this has run before.</summary>
    public override void Down()
    {
        Run("SingleRunner.try.sql");
        Run("M101_CreateFoundation.down.sql");
        Run("ReloadPostgrest.sql");
    }
}
