using System.Data;
using System.Runtime.CompilerServices;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>A REPEATABLE READ transaction whose settings make every value's text unambiguous.</summary>
internal static class OneSnapshot
{
    /// <summary>
    /// Seconds since 1970, exact: extract(epoch) alone rounds the last times of the type, and an infinite one has no microseconds.
    /// </summary>
    public static string Epoch(string column) =>
        $"(extract(epoch FROM date_trunc('minute', {column})) + coalesce(extract(microseconds FROM {column}), 0) * 0.000001)::text";

    public static async Task<T> RunAsync<T>(
        NpgsqlConnection connection, Func<NpgsqlConnection, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellationToken);
        await using (var command = new NpgsqlCommand(
            "SET LOCAL TimeZone = 'UTC'; SET LOCAL extra_float_digits = 1; SET LOCAL DateStyle = 'ISO'; SET LOCAL row_security = off;",
            connection))
        {
            await command.ExecuteNonQueryAsync(cancellationToken);
        }

        var result = await read(connection, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return result;
    }

    /// <summary>Rows of text columns.</summary>
    public static async IAsyncEnumerable<string?[]> QueryAsync(
        NpgsqlConnection connection, string sql, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var values = new string?[reader.FieldCount];
            for (var i = 0; i < values.Length; i++)
            {
                values[i] = await reader.IsDBNullAsync(i, cancellationToken) ? null : reader.GetString(i);
            }

            yield return values;
        }
    }
}
