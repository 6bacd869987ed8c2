using FluentMigrator;

namespace Evidently.Schema.Create;

/// <summary>The competitors' metrics: a row per fact and competitor. Locks brand_competitors SHARE ROW EXCLUSIVE for milliseconds.</summary>
[Migration(104, TransactionBehavior.None, "Create competitor_metrics")]
public sealed class M104_CreateCompetitorMetrics : PhaseMigration;
