using Evidently.Schema.Hosting;
using Npgsql;

namespace Evidently.Schema.Tool;

/// <summary>Tries the reads, and the write where it is asked for, against the database as it is.</summary>
internal static class ReportLatencies
{
    public const int Times = 11;

    /// <summary>From here on there is nothing to write to.</summary>
    private const long Dropped = 504;

    public static Task<Latencies> MeasureAsync(ToolRun run, SchemaStatus status, bool writes, CancellationToken cancellationToken) =>
        status.Phase < Phase.Backfill ? Task.FromResult(new Latencies(null, null, null, null)) : run.WithAsync(
            async connection =>
            {
                var with = await ToolRun.ListAsync(connection, Sql.Own("ReportReads.sql"), row => new object[] { row.GetGuid(0), row.GetDateTime(1), row.GetDateTime(2) }, cancellationToken).ConfigureAwait(false);
                return with.Count == 0 ? new Latencies(null, null, null, null) : new Latencies(
                    await MedianAsync(() => TimeAsync(connection, Sql.Own("ReportReadLegacy.sql"), with[0], cancellationToken)).ConfigureAwait(false),
                    await MedianAsync(() => TimeAsync(connection, Sql.Own("ReportReadStar.sql"), with[0], cancellationToken)).ConfigureAwait(false),
                    writes && status.Phase < Phase.Retire ? await WhereItCanAsync(() => BeforeAsync(connection, cancellationToken)).ConfigureAwait(false) : null,
                    writes && !status.Applied.Contains(Dropped) ? await WhereItCanAsync(() => MedianAsync(() => WriteAsync(connection, cancellationToken))).ConfigureAwait(false) : null);
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

    private static async Task<TimeSpan> TimeAsync(NpgsqlConnection connection, string sql, object[] with, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        await ToolRun.ListAsync(connection, sql, row => row.GetValue(0), cancellationToken, with).ConfigureAwait(false);
        return TimeProvider.System.GetElapsedTime(started);
    }

    /// <summary>Null: a row stayed locked, or the write was refused.</summary>
    private static async Task<TimeSpan?> WhereItCanAsync(Func<Task<TimeSpan?>> measure)
    {
        try
        {
            return await measure().ConfigureAwait(false);
        }
        catch (PostgresException)
        {
            return null;
        }
    }

    /// <summary>A transaction of its own, rolled back as soon as its time is taken.</summary>
    private static async Task<TimeSpan> WriteAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var transaction = await BeginAsync(connection, cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            var took = await TimeAsync(connection, Sql.Own("ReportWrite.sql"), [], cancellationToken).ConfigureAwait(false);
            await transaction.RollbackAsync(cancellationToken).ConfigureAwait(false);
            return took;
        }
    }

    /// <summary>On a copy that nobody else sees: every try in one transaction, so that the table is new for the first one only.</summary>
    private static async Task<TimeSpan?> BeforeAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        const string Before = "before_write";
        var transaction = await BeginAsync(connection, cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            await TimeAsync(connection, Sql.Own("ReportCopy.sql"), [], cancellationToken).ConfigureAwait(false);
            return await MedianAsync(async () =>
            {
                await transaction.SaveAsync(Before, cancellationToken).ConfigureAwait(false);
                var took = await TimeAsync(connection, Sql.Own("ReportCopyWrite.sql"), [], cancellationToken).ConfigureAwait(false);
                await transaction.RollbackAsync(Before, cancellationToken).ConfigureAwait(false);
                return took;
            }).ConfigureAwait(false);
        }
    }

    private static async Task<NpgsqlTransaction> BeginAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await TimeAsync(connection, Sql.Own("ReportLimits.sql"), [], cancellationToken).ConfigureAwait(false);
        return transaction;
    }
}

/// <summary>Medians; null: not measured. A write before is one to a copy without our triggers.</summary>
internal sealed record Latencies(TimeSpan? ReadLegacy, TimeSpan? ReadStar, TimeSpan? WriteBefore, TimeSpan? WriteNow);
