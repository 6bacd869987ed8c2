using Npgsql;

namespace Evidently.Schema.Benchmarks.Reads;

/// <summary>Over Npgsql, by the binary protocol: nothing but the driver stands in between.</summary>
internal sealed class NpgsqlClient(NpgsqlDataSource source) : Client
{
    public override string Name => "Npgsql";

    protected override Task<Rows> SelectAsync(Condition[] conditions, string? order, CancellationToken ct)
    {
        var values = new List<object>();
        var sql = string.Join(" AND ", conditions.Select(condition => condition.Sql(values)));
        return ReadAsync($"SELECT * FROM extracted_positions WHERE {sql}{(order is null ? string.Empty : $" ORDER BY {order}")}", values, ct);
    }

    protected override Task<Rows> CallAsync(string function, (string Name, object Value)[] arguments, CancellationToken ct) => ReadAsync(
        $"SELECT * FROM public.{function}({string.Join(", ", arguments.Select((argument, n) => $"{argument.Name} => ${n + 1}"))})", arguments.Select(argument => argument.Value), ct);

    private async Task<Rows> ReadAsync(string sql, IEnumerable<object> values, CancellationToken ct)
    {
        await using var command = source.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        await using var reader = await command.ExecuteReaderAsync(ct);
        var rows = new List<object?[]>();
        while (await reader.ReadAsync(ct))
        {
            var row = new object[reader.FieldCount];
            reader.GetValues(row);
            rows.Add(row);
        }

        return new Rows([.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetName)], rows);
    }
}
