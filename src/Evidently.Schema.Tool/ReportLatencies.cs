using Evidently.Schema.Hosting;
using Npgsql;

namespace Evidently.Schema.Tool;

/// <summary>Tries the reads, and the write where it is asked for, against the database as it is.</summary>
internal static class ReportLatencies
{
    public const int Times = 11;

    public static Task<Latencies> MeasureAsync(ToolRun run, SchemaStatus status, bool writes, CancellationToken cancellationToken) =>
        status.Phase < Phase.Backfill ? Task.FromResult(new Latencies(null, null, null)) : run.WithAsync(
            async connection =>
            {
                var with = await ToolRun.ListAsync(connection, Sql.Own("ReportReads.sql"), row => new object[] { row.GetGuid(0), row.GetDateTime(1), row.GetDateTime(2) }, cancellationToken).ConfigureAwait(false);
                return with.Count == 0 ? new Latencies(null, null, null) : new Latencies(
                    await MedianAsync(() => ReadAsync(connection, Sql.Own("ReportReadLegacy.sql"), with[0], cancellationToken)).ConfigureAwait(false),
                    await MedianAsync(() => ReadAsync(connection, Sql.Own("ReportReadStar.sql"), with[0], cancellationToken)).ConfigureAwait(false),
                    writes ? await MedianAsync(() => WriteAsync(connection, cancellationToken)).ConfigureAwait(false) : null);
            },
            cancellationToken);

    private static async Task<TimeSpan?> MedianAsync(Func<Task<TimeSpan>> one)
    {
        var took = new List<TimeSpan>();
        for (var i = 0; i < Times; i++)
        {
            took.Add(await one().ConfigureAwait(false));
        }

        return took.Order().ElementAt(Times / 2);
    }

    private static async Task<TimeSpan> ReadAsync(NpgsqlConnection connection, string sql, object[] with, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        await ToolRun.ListAsync(connection, sql, row => row.GetValue(0), cancellationToken, with).ConfigureAwait(false);
        return TimeProvider.System.GetElapsedTime(started);
    }

    private static async Task<TimeSpan> WriteAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            var command = new NpgsqlCommand(Sql.Own("ReportWrite.sql"), connection, transaction);
            await using (command.ConfigureAwait(false))
            {
                var started = TimeProvider.System.GetTimestamp();
                await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
                var took = TimeProvider.System.GetElapsedTime(started);
                await transaction.RollbackAsync(cancellationToken).ConfigureAwait(false);
                return took;
            }
        }
    }
}

/// <summary>Medians; null: not measured.</summary>
internal sealed record Latencies(TimeSpan? ReadLegacy, TimeSpan? ReadStar, TimeSpan? Write);
