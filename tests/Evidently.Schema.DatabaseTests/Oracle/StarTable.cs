namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>Rows of one star table by key, every value in the one text that equal values share.</summary>
internal sealed class StarTable(string name, params string[] columns)
{
    private readonly SortedDictionary<string, string?[]> _rows = new(StringComparer.Ordinal);

    public string Name { get; } = name;

    public IReadOnlyList<string> Columns { get; } = columns;

    /// <summary>Keys that came twice.</summary>
    public List<string> Duplicates { get; } = [];

    public IReadOnlyDictionary<string, string?[]> Rows => _rows;

    public string? this[string key, string column] => _rows[key][IndexOf(column)];

    public void Add(string key, params string?[] values)
    {
        if (values.Length != Columns.Count)
        {
            throw new ArgumentException($"{Name} has {Columns.Count} columns, not {values.Length}", nameof(values));
        }

        if (!_rows.TryAdd(key, values))
        {
            Duplicates.Add(key);
        }
    }

    private int IndexOf(string column) => Enumerable.Range(0, Columns.Count).First(i => string.Equals(Columns[i], column, StringComparison.Ordinal));
}
