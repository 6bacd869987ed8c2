using System.Data;
using Npgsql;

namespace Evidently.Schema.Hosting.Data;

/// <summary>Reads what <c>evidently_schema</c> says about itself. Every part of it may be missing.</summary>
internal sealed class SchemaReader(SchemaSessions sessions)
{
    private const string Reading = "Reading the state of the schema";

    public Task<SchemaStatus> StatusAsync(CancellationToken cancellationToken) => ReadAsync(Reading, StatusAsync, cancellationToken);

    public Task<IReadOnlyList<long>> AppliedAsync(CancellationToken cancellationToken) => ReadAsync(
        Reading,
        async (connection, token) => await AppliedAsync(connection, await ObjectsAsync(connection, token).ConfigureAwait(false), token).ConfigureAwait(false),
        cancellationToken);

    /// <summary>Refuses, with the GRANTs to type, a role that cannot begin: before anything is made, the version table included.</summary>
    public async Task RequireRightsAsync(CancellationToken cancellationToken)
    {
        var missing = await ReadAsync(
            Reading,
            (connection, token) => ListAsync(connection, Sql.MissingRights, row => new MissingRight(row.GetString(0), row.GetString(1), row.IsDBNull(2) ? null : row.GetString(2)), token),
            cancellationToken).ConfigureAwait(false);
        if (missing.Count > 0)
        {
            throw SchemaErrors.MissingRights(missing);
        }
    }

    public Task<BackfillProgress?> ProgressAsync(CancellationToken cancellationToken) => ReadAsync(
        Reading,
        async (connection, token) => await ProgressAsync(connection, await ObjectsAsync(connection, token).ConfigureAwait(false), token).ConfigureAwait(false),
        cancellationToken);

    /// <summary>Sessions that wait for locks on our tables; null before phase 2.</summary>
    public Task<double?> LockWaitersAsync(CancellationToken cancellationToken) => ReadAsync<double?>(
        Reading,
        async (connection, token) => (await ObjectsAsync(connection, token).ConfigureAwait(false)).Contains("pressure")
            ? (await ListAsync(connection, Sql.LockWaiters, row => row.GetDouble(0), token).ConfigureAwait(false))[0]
            : null,
        cancellationToken);

    /// <summary>Legacy rows first rejected within <paramref name="window"/>, after the backfill.</summary>
    public Task<long> RejectedSinceAsync(TimeSpan window, CancellationToken cancellationToken) => ReadAsync(
        Reading,
        async (connection, token) =>
        {
            var command = new NpgsqlCommand(Sql.RejectedSince, connection);
            await using (command.ConfigureAwait(false))
            {
                command.Parameters.Add(new NpgsqlParameter { Value = window.TotalSeconds });
                return await command.ExecuteScalarAsync(token).ConfigureAwait(false) is long rows ? rows : 0;
            }
        },
        cancellationToken);

    /// <summary>Refreshes the daily view, unless no day was touched; false when nothing was to do or another session does it.</summary>
    public async Task<bool> RefreshAsync(CancellationToken cancellationToken)
    {
        var connection = await sessions.OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var touched = await ListAsync(connection, Sql.DaysTouched, row => row.GetBoolean(0), cancellationToken).ConfigureAwait(false);
            return touched[0] && (await ListAsync(connection, Sql.Refresh, row => row.GetBoolean(0), cancellationToken).ConfigureAwait(false))[0];
        }
        catch (NpgsqlException exception)
        {
            throw SchemaErrors.From(exception, Phase.None, "Refreshing the daily view")!;
        }
        finally
        {
            await sessions.CloseAsync(connection).ConfigureAwait(false);
        }
    }

    /// <summary>Compares up to so many of the noted calls, each within <paramref name="timeout"/>; returns how many.</summary>
    public async Task<long> RunShadowAsync(int limit, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var connection = await sessions.OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                var batch = connection.CreateBatch();
                await using (batch.ConfigureAwait(false))
                {
                    batch.BatchCommands.Add(new NpgsqlBatchCommand(Sql.ShadowTimeout) { Parameters = { new NpgsqlParameter { Value = $"{timeout.TotalMilliseconds:0}ms" } } });
                    batch.BatchCommands.Add(new NpgsqlBatchCommand(Sql.RunShadow) { Parameters = { new NpgsqlParameter { Value = limit } } });
                    var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                    long compared;
                    await using (reader.ConfigureAwait(false))
                    {
                        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
                        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
                        compared = reader.GetInt64(0);
                    }

                    await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
                    return compared;
                }
            }
        }
        catch (NpgsqlException exception)
        {
            throw SchemaErrors.From(exception, Phase.Reads, "Comparing calls in shadow")!;
        }
        finally
        {
            await sessions.CloseAsync(connection).ConfigureAwait(false);
        }
    }

    public async Task<VerificationReport> VerifyAsync(CancellationToken cancellationToken)
    {
        const string Verifying = "Verifying the star";
        var connection = await sessions.OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (!(await ObjectsAsync(connection, cancellationToken).ConfigureAwait(false)).Contains("verify"))
            {
                throw new SchemaException(
                    $"{Verifying}: evidently_schema.verify() is not there. Migrate to phase {Phase.Create} first.",
                    SchemaError.WrongState,
                    Phase.None,
                    sqlState: null,
                    innerException: null);
            }

            // No transaction around it: the function takes its own snapshot and keeps a record.
            return new VerificationReport(await ListAsync(
                connection,
                Sql.Verify,
                row => new VerificationCheck(row.GetString(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetBoolean(4)),
                cancellationToken).ConfigureAwait(false));
        }
        catch (NpgsqlException exception)
        {
            throw SchemaErrors.From(exception, Phase.None, Verifying)!;
        }
        finally
        {
            await sessions.CloseAsync(connection).ConfigureAwait(false);
        }
    }

    private static async Task<SchemaStatus> StatusAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var objects = await ObjectsAsync(connection, cancellationToken).ConfigureAwait(false);
        var applied = await AppliedAsync(connection, objects, cancellationToken).ConfigureAwait(false);
        var rejected = !objects.Contains("rejected_rows")
            ? []
            : await ListAsync(connection, Sql.RejectedRows, row => KeyValuePair.Create(row.GetString(0), row.GetInt64(1)), cancellationToken).ConfigureAwait(false);
        var notes = !objects.Contains("change_notes")
            ? []
            : await ListAsync(connection, Sql.PendingNotes, row => row.GetInt64(0), cancellationToken).ConfigureAwait(false);
        var verified = !objects.Contains("verifications")
            ? []
            : await ListAsync(connection, Sql.LastVerification, row => new LastVerification(row.GetFieldValue<DateTimeOffset>(0), row.GetBoolean(1)), cancellationToken).ConfigureAwait(false);
        return new SchemaStatus(
            MigrationCatalog.Reached(applied),
            applied,
            [.. MigrationCatalog.All.Where(migration => migration.Tags.Count == 0).Select(migration => migration.Version).Except(applied)],
            new Dictionary<string, long>(rejected, StringComparer.Ordinal),
            notes.Count == 0 ? 0 : notes[0],
            await ProgressAsync(connection, objects, cancellationToken).ConfigureAwait(false),
            verified.Count == 0 ? null : verified[0],
            await DualWriteAsync(connection, objects, cancellationToken).ConfigureAwait(false));
    }

    private static async Task<DualWriteStatus?> DualWriteAsync(NpgsqlConnection connection, HashSet<string> objects, CancellationToken cancellationToken)
    {
        if (!objects.Contains("dual_write_status"))
        {
            return null;
        }

        var rows = await ListAsync(
            connection,
            Sql.DualWriteStatus,
            row => new DualWriteStatus(
                Enum.Parse<DualWriteMode>(row.GetString(0), ignoreCase: true),
                row.GetInt64(1),
                row.IsDBNull(2) ? null : TimeSpan.FromSeconds(row.GetDouble(2)),
                row.GetInt64(3),
                row.IsDBNull(4) ? null : row.GetString(4)),
            cancellationToken).ConfigureAwait(false);
        return rows.Count == 0 ? null : rows[0];
    }

    private static async Task<IReadOnlyList<long>> AppliedAsync(NpgsqlConnection connection, HashSet<string> objects, CancellationToken cancellationToken) =>
        objects.Contains("version_info")
            ? await ListAsync(connection, Sql.AppliedVersions, row => row.GetInt64(0), cancellationToken).ConfigureAwait(false)
            : [];

    private static async Task<BackfillProgress?> ProgressAsync(NpgsqlConnection connection, HashSet<string> objects, CancellationToken cancellationToken)
    {
        if (!objects.Contains("backfill_progress"))
        {
            return null;
        }

        var rows = await ListAsync(
            connection,
            Sql.BackfillProgress,
            row => new BackfillProgress(
                Number(row, 0),
                Number(row, 1),
                Number(row, 2),
                Number(row, 3),
                row.IsDBNull(4) ? null : row.GetDecimal(4),
                row.IsDBNull(5) ? null : TimeSpan.FromSeconds(row.GetDouble(5)),
                row.IsDBNull(6) ? string.Empty : row.GetString(6),
                row.IsDBNull(7) ? null : row.GetString(7),
                Number(row, 8),
                row.IsDBNull(9) ? null : TimeSpan.FromSeconds(row.GetDouble(9))),
            cancellationToken).ConfigureAwait(false);
        return rows.Count == 0 ? null : rows[0];
    }

    private static long Number(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? 0 : row.GetInt64(column);

    private static async Task<HashSet<string>> ObjectsAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        [.. await ListAsync(connection, Sql.Objects, row => row.GetString(0), cancellationToken).ConfigureAwait(false)];

    private static async Task<List<T>> ListAsync<T>(NpgsqlConnection connection, string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        var list = new List<T>();
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                {
                    list.Add(read(reader));
                }
            }
        }

        return list;
    }

    private async Task<T> ReadAsync<T>(string doing, Func<NpgsqlConnection, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        var connection = await sessions.OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // One snapshot for all that is read.
            var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                return await read(connection, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (NpgsqlException exception)
        {
            throw SchemaErrors.From(exception, Phase.None, doing)!;
        }
        finally
        {
            await sessions.CloseAsync(connection).ConfigureAwait(false);
        }
    }
}

/// <summary>A right that a role lacks, and the command that gives it, if one can.</summary>
internal sealed record MissingRight(string Role, string Problem, string? Command);
