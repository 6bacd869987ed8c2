using Npgsql;
using NpgsqlTypes;

namespace Evidently.Schema.Benchmarks;

/// <summary>One statement with values in place of $1, $2 …, as an application sends it.</summary>
internal static class Statement
{
    public static async Task<List<Dictionary<string, object>>> SelectAsync(NpgsqlConnection connection, string sql, CancellationToken ct, params object[] values)
    {
        await using var command = Command(connection, sql, values);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<Dictionary<string, object>>();
        while (await reader.ReadAsync(ct))
        {
            rows.Add(Enumerable.Range(0, reader.FieldCount).ToDictionary(reader.GetName, reader.GetValue, StringComparer.Ordinal));
        }

        return rows;
    }

    public static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken ct, params object[] values)
    {
        await using var command = Command(connection, sql, values);
        await command.ExecuteNonQueryAsync(ct);
    }

    public static IEnumerable<object> Values(Dictionary<string, object> row, params string[] columns) => columns.Select(column => row[column]);

    /// <summary>JavaScript's idea of it: the plan asks <c>if (label || score)</c>.</summary>
    public static bool Truthy(object value) => value is not (DBNull or "" or 0m);

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, object[] values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            // Text is left to the server: it may stand for jsonb.
            command.Parameters.Add(value is string ? new NpgsqlParameter { Value = value, NpgsqlDbType = NpgsqlDbType.Unknown } : new NpgsqlParameter { Value = value });
        }

        return command;
    }
}
