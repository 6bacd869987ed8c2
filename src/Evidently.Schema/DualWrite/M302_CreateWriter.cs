using FluentMigrator;

namespace Evidently.Schema.DualWrite;

/// <summary>
/// <c>evidently_schema.save_positions(…)</c>, the plan's savePositions for any host: one call a result. Locks no table of the application.
/// </summary>
[Migration(302, TransactionBehavior.None, "Create the writer: save_positions")]
public sealed class M302_CreateWriter : PhaseMigration;
