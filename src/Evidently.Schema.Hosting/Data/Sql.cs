using System.Text;

namespace Evidently.Schema.Hosting.Data;

/// <summary>The statements of this package, from its embedded <c>.sql</c> files.</summary>
internal static class Sql
{
    public static readonly string TryEnter = Read("TryEnter.sql");
    public static readonly string ReleaseSession = Read("ReleaseSession.sql");
    public static readonly string WorkerSession = Read("WorkerSession.sql");
    public static readonly string WorkBackfill = Read("WorkBackfill.sql");
    public static readonly string WorkBuildIndexes = Read("WorkBuildIndexes.sql");
    public static readonly string OtherRunner = Read("OtherRunner.sql");
    public static readonly string Objects = Read("Objects.sql");
    public static readonly string AppliedVersions = Read("AppliedVersions.sql");
    public static readonly string MissingRights = Read("MissingRights.sql");
    public static readonly string RejectedRows = Read("RejectedRows.sql");
    public static readonly string PendingNotes = Read("PendingNotes.sql");
    public static readonly string BackfillProgress = Read("BackfillProgress.sql");
    public static readonly string LastVerification = Read("LastVerification.sql");
    public static readonly string Verify = Read("Verify.sql");
    public static readonly string DualWriteStatus = Read("DualWriteStatus.sql");
    public static readonly string DrainInstalled = Read("DrainInstalled.sql");
    public static readonly string DrainTurn = Read("DrainTurn.sql");
    public static readonly string FailingResults = Read("FailingResults.sql");
    public static readonly string SavePositions = Read("SavePositions.sql");
    public static readonly string GetDashboardMetrics = Read("GetDashboardMetrics.sql");
    public static readonly string GetBrandVisibilityMetrics = Read("GetBrandVisibilityMetrics.sql");
    public static readonly string GetVisibilityChart = Read("GetVisibilityChart.sql");
    public static readonly string GetCompetitorVisibilityTrend = Read("GetCompetitorVisibilityTrend.sql");
    public static readonly string GetTopicMetrics = Read("GetTopicMetrics.sql");
    public static readonly string GetKeywordPresence = Read("GetKeywordPresence.sql");
    public static readonly string GetPromptMetrics = Read("GetPromptMetrics.sql");
    public static readonly string GetSourceMetrics = Read("GetSourceMetrics.sql");

    public static readonly string LeaseTable = Read("LeaseTable.sql");
    public static readonly string LeaseTake = Read("LeaseTake.sql");
    public static readonly string LeaseRelease = Read("LeaseRelease.sql");
    public static readonly string RunnerSession = Read("RunnerSession.sql");
    public static readonly string Copied = Read("Copied.sql");
    public static readonly string DaysTouched = Read("DaysTouched.sql");
    public static readonly string Refresh = Read("Refresh.sql");
    public static readonly string LockWaiters = Read("LockWaiters.sql");
    public static readonly string RejectedSince = Read("RejectedSince.sql");
    public static readonly string ShadowTimeout = Read("ShadowTimeout.sql");
    public static readonly string RunShadow = Read("RunShadow.sql");

    private static string Read(string file)
    {
        using var stream = typeof(Sql).Assembly.GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"{file} is not embedded in {typeof(Sql).Assembly.GetName().Name}.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
