using FluentMigrator;

namespace Evidently.Schema.Create;

/// <summary>The brand's sentiment: at most one row a fact. Locks no table of the application.</summary>
[Migration(105, TransactionBehavior.None, "Create brand_sentiment")]
public sealed class M105_CreateBrandSentiment : PhaseMigration;
