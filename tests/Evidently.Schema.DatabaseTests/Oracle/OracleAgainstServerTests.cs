using System.Globalization;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>The oracle's own arithmetic and its JSON parser against the server's.</summary>
[Category("Versions")]
public sealed class OracleAgainstServerTests
{
    private HandmadeLegacy _legacy = null!;

    [OneTimeSetUp]
    public async Task Create()
    {
        _legacy = await HandmadeLegacy.CreateAsync();
        await _legacy.ExecuteAsync("""
            CREATE FUNCTION parses(t text) RETURNS text LANGUAGE plpgsql AS
            $$ BEGIN RETURN t::jsonb::text; EXCEPTION WHEN others THEN RETURN NULL; END $$
            """);
    }

    [OneTimeTearDown]
    public async Task Drop() => await _legacy.DisposeAsync();

    [Test]
    public async Task Doubles_become_the_servers_numerics()
    {
        var random = new Random(1);
        List<double> values = [0, -0.0, 0.1 + 0.2, 999.99499999999995, 1e22, 5e-324, double.MaxValue, 0.5, 1e15, 123456789012345.5, 1e-7];
        values.AddRange(Enumerable.Range(0, 5_000).Select(_ => BitConverter.Int64BitsToDouble(random.NextInt64())).Where(double.IsFinite));
        values.AddRange(Enumerable.Range(0, 5_000).Select(_ => random.NextDouble() * 1_000));
        values.AddRange(Enumerable.Range(0, 5_000).Select(i => (1L << 52) + (random.NextInt64(1L << 40) / 4.0) + (i / 2.0)));
        var list = string.Join(",", values.Select(value => value.ToString("R", CultureInfo.InvariantCulture)));

        var numerics = (await _legacy.AskAsync(
            $"SELECT string_agg(round(v::numeric, 2)::text, ',' ORDER BY n) FROM unnest('{{{list}}}'::float8[]) WITH ORDINALITY AS u (v, n)"))!;

        Assert.That(values.Select(value => ExactDecimal.FromDouble(value, 15).Round(2).ToString()), Is.EqualTo(numerics.Split(',')));
    }

    [Test]
    public async Task Json_parses_here_exactly_when_it_parses_there([ValueSource(nameof(Texts))] string text)
    {
        var there = await _legacy.AskAsync($"SELECT parses($json${text}$json$)");

        Assert.That(JsonParser.TryParse(text)?.ToString(), Is.EqualTo(there is null ? null : Json.Parse(there).ToString()));
    }

    private static IEnumerable<string> Texts() =>
    [
        "[]", " [ ] ", "[1,2]", "[1,]", "[,1]", "[1 2]", "[", "]", "", " ", "[1]x", "null", "nul", "nullx", "true", "\u00A0[1]", "\uFEFF[1]",
        "[\"a\tb\"]", "[\"a\\tb\"]", "[\"\\x\"]", "['a']", "[a]", "{\"a\":1,\"a\":2}", "{a:1}", "{\"a\" 1}", "{\"a\":1,}", "{\"\":{}}", "{1:1}",
        "[\"\\u0000\"]", "[\"\\ud800\"]", "[\"\\udd1e\"]", "[\"\\ud834\\udd1e\"]", "[\"\\ud834x\"]", "[\"\\u12\"]", "[\"\\u00e9\"]", "[\"\\/\"]",
        "[01]", "[-01]", "[-0]", "[-0.0]", "[+1]", "[.5]", "[5.]", "[1e5]", "[1E+5]", "[1e-5]", "[1e]", "[1.0]", "[NaN]", "[Infinity]", "[-]",
        "[0x10]", "[1_0]", "[1e131071]", "[1e131072]", "[1e200000]", "[1e-16383]", "[1e-16384]", "[0e200000]", "[0e-20000]", "[1e99999999999]",
        "[1]\n", "\f[1]", "\v[1]", "[1]//", "[[[[]]]]", "[\"", "[\"\\", "[tru", "[\"名前 𝄞\"]", "{\"b\":1,\"a\":[1.50,null]}", "\"[1]\"",
    ];
}
