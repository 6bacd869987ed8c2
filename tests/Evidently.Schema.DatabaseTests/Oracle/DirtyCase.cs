namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>One legacy row: the default row of its case, with these columns written as these texts.</summary>
internal sealed record DirtyRow(string? CompetitorName, params (string Column, string? Text)[] Values);

/// <summary>One result and the dirt in it.</summary>
/// <param name="Name">What is wrong, as a sentence.</param>
/// <param name="Rows">In the order of insertion, ids ascending.</param>
internal sealed record DirtyCase(string Name, params DirtyRow[] Rows)
{
    /// <summary>pg_type.typname the positions columns must have; NULL for any.</summary>
    public string? PositionsType { get; init; }

    /// <summary>The result's id; NULL for the next.</summary>
    public long? ResultId { get; init; }

    /// <summary>Whether there is a collector_results row.</summary>
    public bool HasResult { get; init; } = true;

    /// <summary>Whether the projection is sound and only the INSERT into the star can refuse it.</summary>
    public bool RefusedByInsert { get; init; }

    public bool Fits(CatalogTable positions) =>
        (PositionsType is null || string.Equals(positions.Columns["brand_positions"].TypeName, PositionsType, StringComparison.Ordinal))
        && Rows.SelectMany(row => row.Values).All(value => positions.Columns.ContainsKey(value.Column));

    public static DirtyRow Brand(params (string Column, string? Text)[] values) => new(null, values);

    public static DirtyRow Competitor(string name, params (string Column, string? Text)[] values) => new(name, values);
}
