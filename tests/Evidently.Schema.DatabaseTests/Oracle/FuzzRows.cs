using System.Globalization;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>Results of random shape whose rows hold values from every corner of their types, drawn with one seed.</summary>
internal sealed class FuzzRows(int seed, CatalogTable positions)
{
    private readonly Random _random = new(seed);
    private readonly FuzzValues _values = new(new Random(seed ^ 0x5EED));
    private readonly HashSet<string> _taken = new(StringComparer.Ordinal);
    private int _number;

    public FuzzValues Values => _values;

    /// <summary>A column to spoil, and a value for it.</summary>
    public (string Column, string? Text) Next()
    {
        var column = positions.Columns.Where(column => column.Key is not ("id" or "collector_result_id")).ElementAt(_random.Next(positions.Columns.Count - 2));
        return (column.Key, _values.OneIn(12) ? null : _values.Of(column.Value, column.Key));
    }

    public int Below(int limit) => _random.Next(limit);

    /// <summary>One result: none to three brand rows, none to six competitors' rows, in any order, each with some columns spoilt.</summary>
    public DirtyCase Result()
    {
        var brands = _values.Pick([0, 1, 1, 1, 1, 2, 3]);
        var rows = Enumerable.Range(0, brands).Select(_ => Row(_values.OneIn(3) ? new string(' ', _random.Next(3)) : null))
            .Concat(Enumerable.Range(0, _random.Next(7)).Select(_ => Row(_values.CompetitorName())))
            .ToArray();
        _random.Shuffle(rows);
        return new($"result {++_number} of seed {seed}", rows)
        {
            HasResult = !_values.OneIn(12),
            ResultId = _values.OneIn(6) && long.Parse(_values.Long(), CultureInfo.InvariantCulture) is var id && _taken.Add($"result {id}") ? id : null,
        };
    }

    private DirtyRow Row(string? competitorName)
    {
        var spoilt = Enumerable.Range(0, _values.Pick([0, 1, 1, 2, 4])).Select(_ => Next()).Where(value => value.Column is not "competitor_name").ToList();
        if (_values.OneIn(20))
        {
            spoilt.Add(("collector_result_id", null));
        }

        if (positions.Columns["id"].TypeName is "int8" && _values.OneIn(10) && _values.Long() is var id && _taken.Add($"row {id}"))
        {
            spoilt.Add(("id", id));
        }

        return new(competitorName, [.. spoilt]);
    }
}
