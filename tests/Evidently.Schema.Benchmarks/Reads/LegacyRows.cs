using Npgsql;

namespace Evidently.Schema.Benchmarks.Reads;

/// <summary>Rows as an application has them after <c>SELECT *</c>: every column a value.</summary>
internal sealed class LegacyRows
{
    private readonly Dictionary<string, int> _ordinals = new(StringComparer.Ordinal);
    private readonly List<object[]> _rows = [];

    public IEnumerable<Row> All => _rows.Select(values => new Row(this, values));

    public int Count => _rows.Count;

    public static async Task<LegacyRows> ReadAsync(NpgsqlCommand command, CancellationToken ct)
    {
        var read = new LegacyRows();
        await using var reader = await command.ExecuteReaderAsync(ct);
        for (var column = 0; column < reader.FieldCount; column++)
        {
            read._ordinals.Add(reader.GetName(column), column);
        }

        while (await reader.ReadAsync(ct))
        {
            var values = new object[reader.FieldCount];
            reader.GetValues(values);
            read._rows.Add(values);
        }

        return read;
    }

    internal readonly struct Row(LegacyRows rows, object[] values)
    {
        public bool IsBrand => values[rows._ordinals["competitor_name"]] is DBNull;

        public bool Presence => values[rows._ordinals["has_brand_presence"]] is true;

        public DateTime Processed => (DateTime)values[rows._ordinals["processed_at"]];

        public long Result => (long)values[rows._ordinals["collector_result_id"]];

        public Guid Query => (Guid)values[rows._ordinals["query_id"]];

        public decimal? Number(string column) => values[rows._ordinals[column]] as decimal?;

        public int Count(string column) => values[rows._ordinals[column]] as int? ?? 0;

        public string? Text(string column) => values[rows._ordinals[column]] as string;

        public object Value(string column) => values[rows._ordinals[column]];
    }
}
