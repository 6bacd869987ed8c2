using System.Globalization;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>Every corner of a legacy column's type, one after the other: what <see cref="FuzzValues"/> draws from, whole.</summary>
internal static class FuzzCorners
{
    /// <summary>A character of each plane of Unicode, the first and the last that is none of a surrogate's.</summary>
    private static readonly string[] Planes =
    [
        .. Enumerable.Range(0, 17).SelectMany(plane => new[] { Math.Max(1, plane * 0x10000), (plane * 0x10000) + 0xFFFF }).Select(char.ConvertFromUtf32),
        string.Concat(Enumerable.Range(0, 17).Select(plane => char.ConvertFromUtf32((plane * 0x10000) + 0xE000))),
    ];

    private static readonly int[] Depths = [1_000, 1_001, 1_002, 10_000, 14_400, 20_000];

    private static readonly int[] Lengths = [2_000, 2_001, 2_600, 8_191, 65_536, FuzzValues.Megabyte];

    /// <summary>A result for each corner of each column in its brand row, and one for each in a competitor's row.</summary>
    public static IReadOnlyList<DirtyCase> All(CatalogTable positions) =>
    [
        .. positions.Columns.Where(column => column.Key is not ("id" or "collector_result_id")).SelectMany(column => Of(column.Value, column.Key).SelectMany((text, n) => new[]
        {
            new DirtyCase($"{column.Key}, corner {n}, in the brand row", DirtyCase.Brand((column.Key, text)), DirtyCase.Competitor("Acme")),
            new DirtyCase($"{column.Key}, corner {n}, in a competitor's row", DirtyCase.Brand(), DirtyCase.Competitor("Acme", (column.Key, text))),
        })),
        .. FuzzValues.Longs.Select(id => new DirtyCase($"result {id}", DirtyCase.Brand(), DirtyCase.Competitor("Acme")) { ResultId = id }),
        .. positions.Columns["id"].TypeName is "int8"
            ? FuzzValues.Longs.Select(id => new DirtyCase($"row {id}", DirtyCase.Brand(("id", id.ToString(CultureInfo.InvariantCulture))), DirtyCase.Competitor("Acme"))) : [],
        new DirtyCase("rows without result", DirtyCase.Brand(("collector_result_id", null)), DirtyCase.Competitor("Acme", ("collector_result_id", null))) { HasResult = false },
    ];

    private static IEnumerable<string?> Of(CatalogColumn column, string name) => ((IEnumerable<string?>)(column.TypeName switch
    {
        "numeric" => [.. DirtyCatalog.Numbers, .. FuzzValues.HugeNumbers],
        "float8" or "float4" => [.. DirtyCatalog.Numbers, .. FuzzValues.Floats],
        "int4" or "int2" => FuzzValues.Integers,
        "bool" => ["true", "false"],
        "timestamptz" => FuzzValues.Times,
        "_int4" => [.. FuzzValues.Arrays, $"{{{string.Join(',', Enumerable.Range(0, 20_000))}}}"],
        "jsonb" when name is "metadata" => [.. FuzzValues.Scalars, .. FuzzValues.Scalars.Concat(Texts().Select(FuzzValues.Quoted)).Append(DirtyCatalog.Nested(10_000)).Select(topic => $"{{\"topic_name\": {topic}}}")],
        "jsonb" when name.EndsWith("positions", StringComparison.Ordinal) =>
        [
            .. DirtyCatalog.OddPositions, DirtyCatalog.Nested(10_000), "[1e131071]", "[1e-16383]", "[0.0000000000000000001]", $"[{string.Join(',', Enumerable.Range(0, 20_000))}]",
        ],
        "jsonb" =>
        [
            .. DirtyCatalog.OddSentences, .. FuzzValues.Scalars.SelectMany(scalar => new[] { scalar, $"[{scalar}]", FuzzValues.Quoted(scalar), FuzzValues.Quoted($"[{scalar}]") }),
            .. Depths.SelectMany(depth => new[] { DirtyCatalog.Nested(Math.Min(depth, 10_000)), FuzzValues.Quoted(DirtyCatalog.Nested(depth)), FuzzValues.Quoted(new string('[', depth)) }),
            $"[{FuzzValues.Quoted(DirtyCatalog.Incompressible(FuzzValues.Megabyte))}]", FuzzValues.Quoted($"[{FuzzValues.Quoted(string.Concat(Planes[1..]))}]"),
        ],
        "uuid" => [DirtyRows.Nobody, "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", DirtyRows.OtherBrandId, DirtyRows.OtherCustomerId, DirtyRows.QueryIdWithoutTopic],
        _ when name.StartsWith("sentiment_label", StringComparison.Ordinal) => [.. Texts(), "POSITIVE", "negative", " Neutral ", "posıtıve", "POSİTİVE"],
        _ when name is "competitor_name" => [.. Texts(), .. DirtyCatalog.KnownCompetitors],
        _ => Texts(),
    })).Append(null).Distinct(StringComparer.Ordinal);

    private static IEnumerable<string> Texts() =>
    [
        .. FuzzValues.Spaces, .. Planes, "\\u0000", "\\ud800", "\\", "\"", "'", "%s", "$1", "\u0001", "\u007F", "\u202E", "e\u0301", "İ", "ß", "ﬀ",
        .. Lengths.Select(DirtyCatalog.Incompressible), .. Lengths.Select(length => new string('名', length)),
    ];
}
