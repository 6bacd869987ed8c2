using FluentMigrator;

namespace Evidently.Schema.DualWrite;

/// <summary>
/// What the triggers of phase 2 call in the modes sync and strict: the changed results are projected in the writer's own transaction, and a
/// few due notes are drained on the way. Locks no table of the application; nothing changes before 303 sets the mode.
/// </summary>
[Migration(301, TransactionBehavior.None, "Create sync: changed results are projected in the writer's transaction")]
public sealed class M301_CreateSync : PhaseMigration;
