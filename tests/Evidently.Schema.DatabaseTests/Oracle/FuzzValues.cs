using System.Globalization;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>Values from the corners of each type a legacy column may have, drawn with one seed.</summary>
internal sealed class FuzzValues(Random random)
{
    internal const int Megabyte = 1_000_000;

    internal static readonly string[] Spaces = ["", " ", "   ", "\t", "\n", "\r\n", "\v", "\f", "\u0085", "\u00A0", "\u1680", "\u2003", "\u2028", "\u200B", "\u3000", "\uFEFF"];

    internal static readonly string[] Times =
    [
        "infinity", "-infinity", "4714-11-24 00:00:00+00 BC", "4713-01-01 00:00:00+00 BC", "0001-12-31 23:59:59.999999+00 BC", "0001-01-01 00:00:00+00",
        "1969-12-31 23:59:59.999999+00", "1970-01-01 00:00:00+00", "1999-12-31 23:59:59.999999+00", "2000-01-01 00:00:00+00", "2025-03-01 00:00:00+14",
        "2025-03-01 23:59:59.999999-12", "9999-12-31 23:59:59.999999+00", "10000-01-01 00:00:00+00", "294276-12-31 23:59:59.999999+00",
    ];

    internal static readonly string[] Floats =
    [
        "NaN", "Infinity", "-Infinity", "0", "-0", "4.9406564584124654e-324", "2.2250738585072014e-308", "2.225073858507201e-308", "1.7976931348623157e308",
        "-1.7976931348623157e308", "0.1", "0.005", "999.994999999999", "999.995", "-999.995", "9007199254740993", "1e22", "33.333333333333336",
    ];

    internal static readonly string[] HugeNumbers = ["1e131071", "-1e131071", "1e-16383", "0." + new string('9', 16_383), "999.99" + new string('4', 1_000)];

    internal static readonly string[] Integers = ["0", "1", "-1", "32767", "-32768", "2147483647", "-2147483648"];

    internal static readonly long[] Longs =
    [
        long.MinValue, long.MinValue + 1, long.MinValue + 1_023, -4_294_967_296, -2_147_483_649, -1_025, -1_024, -1_023, -1, 0, 1_023, 1_024, 2_147_483_648,
        long.MaxValue - 1_024, long.MaxValue - 1, long.MaxValue,
    ];

    internal static readonly string[] Arrays =
    [
        "{}", "{NULL}", "{1,NULL,3}", "{{1,2},{3,4}}", "{{1,NULL}}", "[2:4]={7,8,9}", "[-2147483648:-2147483647]={1,2}", "[2147483646:2147483646]={1}",
        "[0:0][5:6]={{1,2}}", "{2147483647,-2147483648}",
    ];

    internal static readonly string[] Scalars = ["null", "0", "1", "true", "{}", "[]", "\"\"", "\"  \"", "\"\\t\"", "{\"b\": 1.50, \"a\": [null]}", "1e131071", "1e-16383", "-0", "0.10"];

    public string? Of(CatalogColumn column, string name) => column.TypeName switch
    {
        "numeric" => Numeric(),
        "float8" or "float4" => Pick(Floats),
        "int4" or "int2" => Pick(Integers),
        "int8" => Long(),
        "bool" => Pick(["true", "false"]),
        "timestamptz" => Pick(Times),
        "_int4" => OneIn(20) ? $"{{{string.Join(',', Enumerable.Range(0, 20_000))}}}" : Pick(Arrays),
        "jsonb" when name is "metadata" => Metadata(),
        "jsonb" when name.EndsWith("positions", StringComparison.Ordinal) => JsonPositions(),
        "jsonb" => Sentences(),
        "uuid" => Uuid(name),
        _ when name is "competitor_name" => CompetitorName(),
        _ when name.StartsWith("sentiment_label", StringComparison.Ordinal) => OneIn(3) ? Text() : Pick(["POSITIVE", "negative", " Neutral ", "posıtıve", "POSİTİVE"]),
        _ => Text(),
    };

    public string? CompetitorName() => OneIn(4) ? Text() : Pick(DirtyCatalog.KnownCompetitors.ToArray());

    public string Text()
    {
        if (OneIn(12))
        {
            var length = Pick([2_000, 2_001, 2_600, 2_660, 2_700, 8_191, 65_536, Megabyte]);
            return OneIn(2) ? DirtyCatalog.Incompressible(length) : new string(Pick(["x", "é", "名"])[0], length);
        }

        return OneIn(3) ? Pick(Spaces) + Pick(["", "Acme", "x"]) + Pick(Spaces) : Characters();
    }

    /// <summary>A bigint, mostly at its ends or at the borders of a stripe.</summary>
    public string Long() => Pick(Longs).ToString(CultureInfo.InvariantCulture);

    public bool OneIn(int chances) => random.Next(chances) == 0;

    public T Pick<T>(T[] values) => values[random.Next(values.Length)];

    private string Numeric() => OneIn(6) ? Pick(HugeNumbers) : Pick(DirtyCatalog.Numbers);

    /// <summary>Code points of every plane, assigned or not, and what only looks like an escape.</summary>
    private string Characters() => string.Concat(Enumerable.Range(0, random.Next(1, 6)).Select(_ => random.Next(4) switch
    {
        0 => Pick(["\\u0000", "\\ud800", "\\", "\"", "'", "%s", "$1", "{", "\u0001", "\u007F", "\u202E", "e\u0301", "İ", "ß", "ﬀ"]),
        1 => char.ConvertFromUtf32(Pick(["\uFFFD", "\uFFFE", "\uFFFF", "\uE000"])[0]),
        _ => char.ConvertFromUtf32((random.Next(17) * 0x10000) + random.Next(0xE000, 0x10000)),
    }));

    private string Uuid(string name) => Pick(
    [
        DirtyRows.Nobody, "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
        name switch
        {
            "brand_id" => DirtyRows.OtherBrandId,
            "customer_id" => DirtyRows.OtherCustomerId,
            _ => DirtyRows.QueryIdWithoutTopic,
        },
    ]);

    private string Metadata() => random.Next(5) switch
    {
        0 => Pick(Scalars),
        1 => Quoted(Text()),
        2 => $"{{\"topic_name\": {DirtyCatalog.Nested(Pick([1, 10_000]))}}}",
        3 => $"{{\"topic_name\": {Quoted(Text())}}}",
        _ => $"{{\"topic_name\": {Pick(Scalars)}}}",
    };

    private string JsonPositions() => OneIn(8)
        ? Pick([DirtyCatalog.Nested(10_000), "[1e131071]", "[1e-16383]", "[2147483647.0]", "[-2147483648]", "[0.0000000000000000001]", $"[{string.Join(',', Enumerable.Range(0, 20_000))}]"])
        : Pick(DirtyCatalog.OddPositions);

    private string Sentences() => random.Next(12) switch
    {
        0 => DirtyCatalog.Nested(Pick([2, 1_000, 10_000])),
        1 => Quoted(DirtyCatalog.Nested(Pick([1_001, 1_002, 10_000, 13_000, 14_000, 14_400, 14_450, 14_480, 20_000]))),
        2 => $"[{Quoted(Text())}]",
        3 => Quoted($"[{Quoted(Text())}]"),
        4 => Quoted($"[{Quoted(Text())}"),
        5 => Quoted($"[{Pick(Scalars)}]"),
        6 => $"[{Pick(Scalars)}]",
        _ => Pick(DirtyCatalog.OddSentences),
    };

    /// <summary>A JSON string that says this.</summary>
    internal static string Quoted(string text) => new Json(JsonKind.Text) { Text = text }.ToString();
}
