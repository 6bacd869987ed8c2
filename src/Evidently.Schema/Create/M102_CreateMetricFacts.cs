using FluentMigrator;

namespace Evidently.Schema.Create;

/// <summary>The fact table: one row a result. Locks brands, customers, generated_queries and collector_results SHARE ROW EXCLUSIVE for milliseconds.</summary>
[Migration(102, TransactionBehavior.None, "Create metric_facts")]
public sealed class M102_CreateMetricFacts : PhaseMigration;
