using FluentMigrator;

namespace Evidently.Schema.Reads;

/// <summary>
/// Shadow mode: calls are sampled, and both versions of them are compared later, by <c>evidently_schema.run_shadow()</c>, away from the caller.
/// Locks no table of the application.
/// </summary>
[Migration(403, TransactionBehavior.None, "Create shadow mode")]
public sealed class M403_CreateShadow : PhaseMigration;
