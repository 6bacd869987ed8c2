using Npgsql;

namespace Evidently.Schema.Benchmarks.Reads;

/// <summary>A page today, one statement whose rows the application aggregates, and the function that replaces it.</summary>
internal sealed record Page
{
    public required string Function { get; init; }

    /// <summary><c>SELECT *</c> of the rows the page needs.</summary>
    public required string Today { get; init; }

    public required Func<PageRange, object[]> TodayWith { get; init; }

    /// <summary>The rows of <see cref="Function"/>, from those of <see cref="Today"/>.</summary>
    public required Func<LegacyRows, IEnumerable<object?[]>> Aggregate { get; init; }

    public required Func<PageRange, object[]> CallWith { get; init; }

    public async Task<(int RowsRead, List<object?[]> Shown)> TodayAsync(NpgsqlDataSource source, PageRange range, CancellationToken ct)
    {
        await using var command = Command(source, Today, TodayWith(range));
        var rows = await LegacyRows.ReadAsync(command, ct);
        return (rows.Count, [.. Aggregate(rows)]);
    }

    public async Task<List<object?[]>> CallAsync(NpgsqlDataSource source, PageRange range, CancellationToken ct)
    {
        var values = CallWith(range);
        await using var command = Command(source, $"SELECT * FROM public.{Function}({string.Join(", ", values.Select((_, i) => $"${i + 1}"))})", values);
        await using var reader = await command.ExecuteReaderAsync(ct);
        var shown = new List<object?[]>();
        while (await reader.ReadAsync(ct))
        {
            var row = new object[reader.FieldCount];
            reader.GetValues(row);
            shown.Add(row);
        }

        return shown;
    }

    private static NpgsqlCommand Command(NpgsqlDataSource source, string sql, object[] values)
    {
        var command = source.CreateCommand(sql);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        }

        return command;
    }
}
