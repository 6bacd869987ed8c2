namespace Evidently.Schema.Benchmarks.Reads;

/// <summary>Rows as an application has them when they have arrived: every column a value.</summary>
internal sealed class Rows(IReadOnlyList<string> columns, List<object?[]> values)
{
    private readonly Dictionary<string, int> _ordinals = columns.Select((name, ordinal) => (name, ordinal)).ToDictionary(column => column.name, column => column.ordinal, StringComparer.Ordinal);

    public IEnumerable<Row> All => values.Select(row => new Row(this, row));

    public List<object?[]> Values => values;

    public int Count => values.Count;

    /// <summary>A row of legacy. Over JSON every number is a decimal.</summary>
    internal readonly struct Row(Rows rows, object?[] values)
    {
        public bool IsBrand => Value("competitor_name") is null;

        public bool Presence => Value("has_brand_presence") is true;

        public DateTime Processed => (DateTime)Value("processed_at")!;

        public long Result => Convert.ToInt64(Value("collector_result_id"));

        public Guid Query => (Guid)Value("query_id")!;

        public decimal? Number(string column) => Value(column) as decimal?;

        public int Count(string column) => Value(column) is { } number ? Convert.ToInt32(number) : 0;

        public string? Text(string column) => Value(column) as string;

        public object? Value(string column) => values[rows._ordinals[column]] is var value and not DBNull ? value : null;
    }
}
