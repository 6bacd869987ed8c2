using System.Diagnostics;
using Evidently.Schema.Hosting;
using Evidently.Schema.Hosting.Data;
using Npgsql;

namespace Evidently.Schema.Tool;

/// <summary>
/// What can be known before the first step. The mapping itself is tried on a sample: the projection is made in a transaction that is rolled
/// back, without a lock on any table of the application but ACCESS SHARE.
/// </summary>
internal static class Preflight
{
    private const int SampleRows = 6_000;

    /// <summary>As many as the largest batch that the copy comes to.</summary>
    private const int BatchResults = 1_000;

    /// <summary>Table and index bytes of the star for a legacy row, and WAL for it: docs/tool.md says where they were measured.</summary>
    private const int StarBytes = 382;
    private const int WalBytes = 668;

    private static readonly string[] Statements =
    [
        "M101_Step.sql", "M101_CreateFoundation.sql", "PreflightStandIn.sql", "M201_Notes.sql", "M203_Conversions.sql", "M203_LegacyRows.sql", "M203_CreateProjection.sql", "M204_Project.sql", "M204_Backfill.sql",
    ];

    /// <summary>A test compares it with the steps themselves.</summary>
    private static readonly PhaseLocks[] Locks =
    [
        new(Phase.Create, "brands, customers, generated_queries, collector_results together, then brand_competitors: SHARE ROW EXCLUSIVE, milliseconds"),
        new(Phase.Backfill, "extracted_positions, collector_results, generated_queries, brand_competitors, brands, customers together: SHARE ROW EXCLUSIVE, milliseconds, twice; the five parents again: ACCESS EXCLUSIVE, then SHARE ROW EXCLUSIVE, milliseconds; an index CONCURRENTLY where none leads with collector_result_id; a batch's rows of the star, under 250 ms"),
        new(Phase.DualWrite, "none in the steps; a writer locks its own results' rows in the star"),
        new(Phase.Reads, "none in the steps; an index of the star CONCURRENTLY; a read locks what a SELECT does"),
        new(Phase.Retire, "archive: metric_facts, SHARE ROW EXCLUSIVE, and extracted_positions, then that and its parents collector_results, generated_queries, brands, customers: ACCESS EXCLUSIVE, milliseconds each; its indexes are dropped CONCURRENTLY. cleanup: the same tables and brand_competitors, ACCESS EXCLUSIVE, milliseconds. drop-raw-answer: collector_results, ACCESS EXCLUSIVE, milliseconds"),
    ];

    public static async Task<PreflightAnswer> RunAsync(ToolRun run, CancellationToken cancellationToken)
    {
        var status = await run.Migrator.GetStatusAsync(cancellationToken).ConfigureAwait(false);
        return await run.WithAsync(connection => ReadAsync(run, connection, status, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    private static async Task<PreflightAnswer> ReadAsync(ToolRun run, NpgsqlConnection connection, SchemaStatus status, CancellationToken cancellationToken)
    {
        var server = (await ToolRun.ListAsync(
            connection,
            Sql.Own("PreflightServer.sql"),
            row => new ServerFacts(row.GetString(0), row.GetString(1), row.IsDBNull(2) ? null : row.GetDouble(2), row.GetString(3), row.IsDBNull(4) ? null : row.GetString(4)),
            cancellationToken).ConfigureAwait(false))[0];
        var sizes = await ToolRun.ListAsync(connection, Sql.Own("PreflightSizes.sql"), row => new TableSize(row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3)), cancellationToken).ConfigureAwait(false);
        var shape = await ToolRun.ListAsync(connection, Sql.Own("PreflightShape.sql"), row => new ShapeFact(row.GetString(0), row.GetString(1)), cancellationToken).ConfigureAwait(false);
        var open = await ToolRun.ListAsync(
            connection,
            Sql.Own("PreflightBlockers.sql"),
            row => new OpenTransaction(row.GetInt32(0), row.GetString(1), row.GetString(2), row.GetDouble(3), row.GetString(4)),
            cancellationToken).ConfigureAwait(false);
        var problems = new List<string>();
        SampleFacts? sample = null;
        try
        {
            await run.Migrator.RequireRightsAsync(cancellationToken).ConfigureAwait(false);
            sample = await SampleAsync(connection, status, cancellationToken).ConfigureAwait(false);
        }
        catch (SchemaException exception)
        {
            problems.Add(exception.Message);
        }
        catch (PostgresException exception)
        {
            problems.Add(SchemaErrors.From(exception, Phase.Create, "Requirements")!.Message);
        }

        problems.AddRange(open.Select(other => $"Backend {other.Pid} ({other.Application}) holds {other.Tables} for {other.Seconds:N0} s, {other.State}: a step would wait for it. End that transaction."));
        return new PreflightAnswer(run.Database, status.Phase, problems.Count == 0, problems, server, shape, sizes, open, sample, Forecast(sizes, sample, status), Locks);
    }

    private static Forecast? Forecast(IReadOnlyList<TableSize> sizes, SampleFacts? sample, SchemaStatus status)
    {
        var legacy = sizes.FirstOrDefault(size => size.Table is "extracted_positions");
        if (legacy is null || status.Phase >= Phase.Backfill)
        {
            return null;
        }

        return new Forecast(
            legacy.Rows * StarBytes,
            legacy.Rows * WalBytes,
            sample is { Batch.RowsPerSecond: > 0 } ? TimeSpan.FromSeconds(Math.Ceiling(legacy.Rows / sample.Batch.RowsPerSecond)) : null);
    }

    private static async Task<SampleFacts> SampleAsync(NpgsqlConnection connection, SchemaStatus status, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using (transaction.ConfigureAwait(false))
        {
            await ExecuteAsync(connection, Sql.Own("PreflightLimits.sql"), cancellationToken).ConfigureAwait(false);
            if (status.Applied.Count == 0)
            {
                await ExecuteAsync(connection, Sql.Own("PreflightSchema.sql"), cancellationToken).ConfigureAwait(false);
                await ExecuteAsync(connection, Sql.OfMigrations("M101_Requirements.sql"), cancellationToken).ConfigureAwait(false);
            }

            if (status.Phase < Phase.Backfill && !status.Applied.Contains(203))
            {
                foreach (var file in Statements.Where(file => Needed(file, status)))
                {
                    await ExecuteAsync(connection, file.StartsWith('M') ? Sql.OfMigrations(file) : Sql.Own(file), cancellationToken).ConfigureAwait(false);
                }
            }

            var ids = (await ToolRun.ListAsync(connection, Sql.Own("PreflightSample.sql"), row => row.GetFieldValue<long[]>(0), cancellationToken, SampleRows).ConfigureAwait(false))[0];

            // First of all: a copy, too, finds the rows where they are, and not read a moment ago.
            var batch = status.Applied.Count == 0 ? await BatchAsync(connection, transaction, ids, cancellationToken).ConfigureAwait(false) : null;
            var watch = Stopwatch.StartNew();
            var dirt = await ToolRun.ListAsync(
                connection,
                Sql.Own("PreflightDirt.sql"),
                row => new Dirt(row.IsDBNull(0) ? null : row.GetString(0), row.GetInt64(1), row.GetFieldValue<string[]>(2)),
                cancellationToken,
                ids).ConfigureAwait(false);
            var rows = dirt.Sum(reason => reason.Rows);
            var residue = await ToolRun.ListAsync(connection, Sql.Own("Columns.sql"), row => (Name: row.GetString(0), Fate: row.GetString(1)), cancellationToken).ConfigureAwait(false);
            await transaction.RollbackAsync(cancellationToken).ConfigureAwait(false);
            return new SampleFacts(
                ids.Length,
                rows,
                watch.Elapsed.TotalSeconds > 0 ? rows / watch.Elapsed.TotalSeconds : 0,
                batch,
                [.. dirt.Where(reason => reason.Reason is not null)],
                [.. residue.Where(column => column.Fate is "residue").Select(column => column.Name)]);
        }
    }

    /// <summary>A batch as the copy makes it: the projection of these results, written to a star without foreign keys and without the indexes that are built after the copy.</summary>
    private static async Task<SampleBatch?> BatchAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, long[] ids, CancellationToken cancellationToken)
    {
        const string Before = "before_batch";
        var some = ids.Take(BatchResults).ToArray();
        await transaction.SaveAsync(Before, cancellationToken).ConfigureAwait(false);
        try
        {
            var watch = Stopwatch.StartNew();
            var rows = (await ToolRun.ListAsync(connection, Sql.Own("PreflightBatch.sql"), row => row.GetInt64(0), cancellationToken, some).ConfigureAwait(false))[0];
            return new SampleBatch(some.Length, rows, watch.Elapsed.TotalSeconds, rows / watch.Elapsed.TotalSeconds);
        }
        catch (PostgresException exception) when (exception.SqlState is not PostgresErrorCodes.QueryCanceled)
        {
            // A row the server refuses: the copy finds it out by halving, and rejects it.
            await transaction.RollbackAsync(Before, cancellationToken).ConfigureAwait(false);
            return null;
        }
    }

    private static bool Needed(string file, SchemaStatus status) => file switch
    {
        "M101_Step.sql" or "M101_CreateFoundation.sql" => !status.Applied.Contains(101),
        "PreflightStandIn.sql" => !status.Applied.Contains(102),
        "M201_Notes.sql" => !status.Applied.Contains(201),
        "M204_Project.sql" or "M204_Backfill.sql" => status.Applied.Count == 0, // a star that is there has foreign keys, which would lock parents' rows
        _ => true,
    };

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}

internal sealed record PreflightAnswer(
    string Database, Phase Phase, bool Ok, IReadOnlyList<string> Problems, ServerFacts Server, IReadOnlyList<ShapeFact> Shape, IReadOnlyList<TableSize> Sizes, IReadOnlyList<OpenTransaction> OpenTransactions, SampleFacts? Sample, Forecast? Forecast, IReadOnlyList<PhaseLocks> Locks);

internal sealed record ServerFacts(string Version, string Role, double? OldestTransactionSeconds, string StatementTimeout, string? ResultIndex);

internal sealed record ShapeFact(string What, string Found);

internal sealed record TableSize(string Table, long Rows, long Bytes, long IndexBytes);

internal sealed record OpenTransaction(int Pid, string Application, string State, double Seconds, string Tables);

internal sealed record SampleFacts(int Results, long Rows, double RowsPerSecond, SampleBatch? Batch, IReadOnlyList<Dirt> Dirt, IReadOnlyList<string> UnmappedColumns);

internal sealed record Dirt(string? Reason, long Rows, IReadOnlyList<string> Examples);

internal sealed record SampleBatch(int Results, long Rows, double Seconds, double RowsPerSecond);

internal sealed record Forecast(long StarBytes, long WalBytes, TimeSpan? Copy);

internal sealed record PhaseLocks(Phase Phase, string What);
