using Evidently.Schema.Testing;
using static Evidently.Schema.DatabaseTests.Oracle.HandmadeLegacy;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>Single values: metrics, positions, labels and sentences.</summary>
public sealed class OracleValueTests
{
    private HandmadeLegacy _numeric = null!;
    private HandmadeLegacy _double = null!;

    [OneTimeSetUp]
    public async Task Create()
    {
        _numeric = await HandmadeLegacy.CreateAsync();
        _double = await HandmadeLegacy.CreateAsync(
            new LegacyVariant { Metrics = MetricType.DoublePrecision, Positions = PositionsType.Jsonb, CompetitorId = CompetitorIdType.Bigint });
    }

    [OneTimeTearDown]
    public async Task Drop()
    {
        await _numeric.DisposeAsync();
        await _double.DisposeAsync();
    }

    [SetUp]
    public async Task Clear()
    {
        await _numeric.ClearAsync();
        await _double.ClearAsync();
    }

    [TestCase("0", "0.00")]
    [TestCase("0.004", "0.00")]
    [TestCase("-0.004", "0.00")]
    [TestCase("0.005", "0.01")]
    [TestCase("-0.005", "-0.01")]
    [TestCase("1.005", "1.01")]
    [TestCase("2.675", "2.68")]
    [TestCase("999.994", "999.99")]
    [TestCase("999.99499999999995", "999.99")]
    [TestCase("999.995", null)]
    [TestCase("-999.995", null)]
    [TestCase("1e100", null)]
    [TestCase("NaN", null)]
    [TestCase("Infinity", null)]
    public async Task A_numeric_is_rounded_half_away_from_zero(string value, string? expected)
    {
        var id = await _numeric.BrandRowAsync($"visibility_index = '{value}'");

        await AssertVisibilityAsync(_numeric, id, expected);
    }

    [TestCase("0.1::float8 + 0.2::float8", "0.30")]
    [TestCase("1.005", "1.01")]
    [TestCase("0.285", "0.29")]
    [TestCase("999.994999999999", "999.99")]
    [TestCase("999.9949999999999", null)]
    [TestCase("999.99499999999995", null)]
    [TestCase("999.994999999999999", null)]
    [TestCase("999.995", null)]
    [TestCase("-999.995", null)]
    [TestCase("'-0'", "0.00")]
    [TestCase("5e-324", "0.00")]
    [TestCase("1e308", null)]
    [TestCase("'NaN'", null)]
    [TestCase("'-Infinity'", null)]
    public async Task A_double_has_fifteen_digits_first(string value, string? expected)
    {
        var id = await _double.BrandRowAsync($"visibility_index = {value}");

        await AssertVisibilityAsync(_double, id, expected);
    }

    [TestCase("null", null)]
    [TestCase("[]", "{}")]
    [TestCase("[1, null, 3]", "{1,NULL,3}")]
    [TestCase("[1.0, 1e2, -0]", "{1,100,0}")]
    [TestCase("[2147483647]", "{2147483647}")]
    public async Task Positions_in_jsonb_become_an_array(string value, string? expected)
    {
        await _double.BrandRowAsync($"brand_positions = '{value}'");

        Assert.That((await _double.ExpectedAsync()).Tables.BrandMetrics["1", "brand_positions"], Is.EqualTo(expected));
    }

    [TestCase("[2147483648]")]
    [TestCase("[1.5]")]
    [TestCase("[\"1\"]")]
    [TestCase("[[1]]")]
    [TestCase("{}")]
    [TestCase("\"[1]\"")]
    [TestCase("1")]
    public async Task Positions_that_are_none_are_invalid(string value)
    {
        var id = await _double.BrandRowAsync($"brand_positions = '{value}'");

        Assert.That((await _double.ExpectedAsync()).Tables.Rejected[id, "reason"], Is.EqualTo("invalid"));
    }

    [Test]
    public async Task An_integer_array_is_copied_with_its_dimensions_and_bounds()
    {
        await _numeric.BrandRowAsync("brand_positions = '{{1,NULL},{3,4}}'");
        await _numeric.CompetitorRowAsync("Acme", "competitor_positions = '[2:3]={7,8}'");

        var star = (await _numeric.ExpectedAsync()).Tables;

        Assert.Multiple(() =>
        {
            Assert.That(star.BrandMetrics["1", "brand_positions"], Is.EqualTo("{{1,NULL},{3,4}}"));
            Assert.That(star.CompetitorMetrics["1/11", "competitor_positions"], Is.EqualTo("[2:3]={7,8}"));
        });
    }

    [TestCase("sentiment_label = ' positive '", "POSITIVE", null, "[]", "[]")]
    [TestCase("sentiment_label = '', sentiment_score = 0", null, "0.00", "[]", "[]")]
    [TestCase("sentiment_score = -0.555", null, "-0.56", "[]", "[]")]
    [TestCase("sentiment_label = ' ', sentiment_positive_sentences = '[null]'", null, null, "[null]", "[]")]
    [TestCase("sentiment_negative_sentences = '\"[\\\"x\\\"]\"'", null, null, "[]", "[\"x\"]")]
    [TestCase("sentiment_positive_sentences = '\" [1.50]\"', sentiment_negative_sentences = 'null'", null, null, "[1.5]", "[]")]
    public async Task A_sentiment_is_there(string sets, string? label, string? score, string positive, string negative)
    {
        await _numeric.BrandRowAsync(sets);
        await _numeric.CompetitorRowAsync("Acme", sets.Replace(" =", "_competitor =", StringComparison.Ordinal));

        var star = (await _numeric.ExpectedAsync()).Tables;

        Assert.Multiple(() =>
        {
            Assert.That(star.BrandSentiment.Rows["1"], Is.EqualTo(Row(label, score, positive, negative)));
            Assert.That(star.CompetitorSentiment.Rows["1/11"], Is.EqualTo(Row(label, score, positive, negative)));
            Assert.That(star.Rejected.Rows, Is.Empty);
        });
    }

    [TestCase("sentiment_label = '  '")]
    [TestCase("sentiment_positive_sentences = '[]', sentiment_negative_sentences = 'null'")]
    [TestCase("sentiment_positive_sentences = '\"[]\"'")]
    public async Task Nothing_said_is_no_sentiment(string sets)
    {
        await _numeric.BrandRowAsync(sets);

        var star = (await _numeric.ExpectedAsync()).Tables;

        Assert.That((star.BrandSentiment.Rows.Count, star.Facts.Rows.Count, star.Rejected.Rows.Count), Is.EqualTo((0, 1, 0)));
    }

    [TestCase("{}")]
    [TestCase("1")]
    [TestCase("true")]
    [TestCase("\"\"")]
    [TestCase("\"null\"")]
    [TestCase("\"{}\"")]
    [TestCase("\"[1,]\"")]
    [TestCase("\"\\\"[1]\\\"\"")]
    [TestCase("\"[\\\"\\\\u0000\\\"]\"")]
    public async Task Sentences_that_are_no_array_are_invalid(string value)
    {
        await _numeric.BrandRowAsync();
        var id = await _numeric.CompetitorRowAsync("Acme", $"sentiment_negative_sentences_competitor = '{value}'");

        var star = (await _numeric.ExpectedAsync()).Tables;

        Assert.That((star.Rejected[id, "reason"], star.CompetitorMetrics.Rows.Count), Is.EqualTo(("invalid", 0)));
    }

    private static async Task AssertVisibilityAsync(HandmadeLegacy legacy, string id, string? expected)
    {
        var star = (await legacy.ExpectedAsync()).Tables;
        if (expected is null)
        {
            Assert.That(star.Rejected[id, "reason"], Is.EqualTo("out_of_range"));
        }
        else
        {
            Assert.That(star.BrandMetrics["1", "visibility_index"], Is.EqualTo(expected));
        }
    }
}
