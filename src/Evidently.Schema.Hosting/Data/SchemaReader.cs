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

    public Task<BackfillProgress?> ProgressAsync(CancellationToken cancellationToken) => ReadAsync(
        Reading,
        async (connection, token) => await ProgressAsync(connection, await ObjectsAsync(connection, token).ConfigureAwait(false), token).ConfigureAwait(false),
        cancellationToken);

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
                row.IsDBNull(6) ? string.Empty : row.GetString(6)),
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
