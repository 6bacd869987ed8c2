using FluentMigrator;

namespace Evidently.Schema.Create;

/// <summary>The daily view, the list of days touched since its last refresh, and the refresh function. Locks no table of the application.</summary>
[Migration(107, TransactionBehavior.None, "Create mv_brand_daily_metrics and its refresh")]
public sealed class M107_CreateDailyView : PhaseMigration;
