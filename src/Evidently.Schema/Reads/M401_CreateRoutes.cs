using FluentMigrator;

namespace Evidently.Schema.Reads;

/// <summary>
/// The routes of phase 4, one a service, all at 0: every read is answered from legacy. Raising one is refused while the star is not verified,
/// or would show a reader other rows than legacy. Locks no table of the application.
/// </summary>
[Migration(401, TransactionBehavior.None, "Create the read routes, all at 0 percent")]
public sealed class M401_CreateRoutes : PhaseMigration
{
    /// <inheritdoc />
    public override void Up()
    {
        Run("M401_Visibility.sql");
        base.Up();
    }
}
