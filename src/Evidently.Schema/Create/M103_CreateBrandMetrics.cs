using FluentMigrator;

namespace Evidently.Schema.Create;

/// <summary>The brand's metrics: at most one row a fact. Locks no table of the application.</summary>
[Migration(103, TransactionBehavior.None, "Create brand_metrics")]
public sealed class M103_CreateBrandMetrics : PhaseMigration;
