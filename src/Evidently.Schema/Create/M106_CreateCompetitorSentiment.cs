using FluentMigrator;

namespace Evidently.Schema.Create;

/// <summary>The competitors' sentiment: a row per fact and competitor. Locks brand_competitors SHARE ROW EXCLUSIVE for milliseconds.</summary>
[Migration(106, TransactionBehavior.None, "Create competitor_sentiment")]
public sealed class M106_CreateCompetitorSentiment : PhaseMigration;
