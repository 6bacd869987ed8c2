using FluentMigrator;

namespace Evidently.Schema.Reads;

/// <summary>
/// Shadow mode: calls are sampled, and both versions of them are compared later, by <c>evidently_schema.run_shadow()</c>, away from the caller.
/// And the turn of who refreshes the daily view, of any number of hosts one at a time. Locks no table of the application.
/// </summary>
[Migration(403, TransactionBehavior.None, "Create shadow mode and the turn of refreshing the daily view")]
public sealed class M403_CreateShadow : PhaseMigration;
