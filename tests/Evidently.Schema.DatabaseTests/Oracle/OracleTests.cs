using static Evidently.Schema.DatabaseTests.Oracle.HandmadeLegacy;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>The oracle against stars written by hand: facts, reasons and which row counts.</summary>
public sealed class OracleTests
{
    private HandmadeLegacy _legacy = null!;

    [OneTimeSetUp]
    public async Task Create() => _legacy = await HandmadeLegacy.CreateAsync();

    [OneTimeTearDown]
    public async Task Drop() => await _legacy.DisposeAsync();

    [SetUp]
    public Task Clear() => _legacy.ClearAsync();

    [Test]
    public async Task A_good_result_is_a_fact_with_metrics()
    {
        await _legacy.BrandRowAsync(
            "visibility_index = 0.456, share_of_answers_brand = 33.335, has_brand_presence = true, brand_first_position = 2,"
            + " brand_positions = '{2,5}', total_brand_mentions = 4, total_word_count = 100");
        await _legacy.CompetitorRowAsync(
            "Acme", "visibility_index_competitor = 0.1, share_of_answers_competitor = 5, competitor_positions = '{1}', competitor_mentions = 3");

        var star = (await _legacy.ExpectedAsync()).Tables;

        string[] fact = [Brand, Customer, Query, "chatgpt", "query topic", "2025-03-01 12:00:00.000000Z", "2025-03-01 11:00:00.000000Z"];
        Assert.Multiple(() =>
        {
            Assert.That(star.Facts.Rows["1"], Is.EqualTo(fact));
            Assert.That(star.BrandMetrics.Rows["1"], Is.EqualTo(Row("0.46", "33.34", "true", "2", "{2,5}", "4", "100")));
            Assert.That(star.CompetitorMetrics.Rows["1/11"], Is.EqualTo(Row("0.10", "5.00", "{1}", "3")));
            Assert.That(star.BrandSentiment.Rows, Is.Empty);
            Assert.That(star.CompetitorSentiment.Rows, Is.Empty);
            Assert.That(star.Rejected.Rows, Is.Empty);
        });
    }

    [Test]
    public async Task What_is_NULL_takes_its_default()
    {
        await _legacy.BrandRowAsync("customer_id = NULL, processed_at = NULL");
        await _legacy.CompetitorRowAsync("Acme");

        var star = (await _legacy.ExpectedAsync()).Tables;

        Assert.Multiple(() =>
        {
            Assert.That(star.Facts["1", "customer_id"], Is.EqualTo(Customer));
            Assert.That(star.Facts["1", "processed_at"], Is.EqualTo("2025-03-01 11:00:00.000000Z"));
            Assert.That(star.BrandMetrics.Rows["1"], Is.EqualTo(Row(null, null, "false", null, null, "0", "0")));
            Assert.That(star.CompetitorMetrics.Rows["1/11"], Is.EqualTo(Row(null, null, null, "0")));
        });
    }

    [TestCase("created_at = NULL", "2025-03-01 12:00:00.000000Z")]
    [TestCase("created_at = 'infinity'", "infinity")]
    [TestCase("created_at = '-infinity'", "-infinity")]
    [TestCase("created_at = '1970-01-01 00:00:00.000001Z'", "1970-01-01 00:00:00.000001Z")]
    [TestCase("created_at = '294276-12-31 23:59:59.999999Z'", "9224318015999999999 µs")]
    [TestCase("created_at = '0001-01-01 00:00Z BC'", "-62167219200000000 µs")]
    public async Task A_time_is_copied_or_taken_from_the_other(string sets, string expected)
    {
        await _legacy.BrandRowAsync(sets);

        Assert.That((await _legacy.ExpectedAsync()).Tables.Facts["1", "created_at"], Is.EqualTo(expected));
    }

    [TestCase("topic = ' x ', metadata = '{\"topic_name\": \"y\"}'", " x ")]
    [TestCase("topic = '', metadata = '{\"topic_name\": \" y\"}'", " y")]
    [TestCase("topic = '\t'", "\t")]
    [TestCase("metadata = '{\"topic_name\": null}'", "query topic")]
    [TestCase("metadata = '{\"topic_name\": \"  \"}'", "query topic")]
    [TestCase("metadata = '{\"topic_name\": {\"b\":1}}'", "{\"b\": 1}")]
    [TestCase("query_id = '" + QueryWithoutTopic + "'", null)]
    public async Task The_topic_falls_back(string sets, string? expected)
    {
        await _legacy.BrandRowAsync(sets);

        Assert.That((await _legacy.ExpectedAsync()).Tables.Facts["1", "topic"], Is.EqualTo(expected));
    }

    [TestCase("collector_result_id = NULL, brand_id = NULL", "no_result_id")]
    [TestCase("brand_id = NULL", "invalid")]
    [TestCase("query_id = NULL", "invalid")]
    [TestCase("collector_type = NULL", "invalid")]
    [TestCase("processed_at = NULL, created_at = NULL", "invalid")]
    [TestCase("customer_id = NULL, brand_id = '" + BrandWithoutCustomer + "'", "invalid")]
    [TestCase("customer_id = NULL, brand_id = '" + Nobody + "'", "invalid")]
    [TestCase("sentiment_positive_sentences = '{}', query_id = '" + Nobody + "'", "invalid")]
    [TestCase("sentiment_negative_sentences = '1', sentiment_score = 1000", "invalid")]
    [TestCase("brand_id = '" + Nobody + "'", "missing_parent")]
    [TestCase("customer_id = '" + Nobody + "'", "missing_parent")]
    [TestCase("query_id = '" + Nobody + "', visibility_index = 1000", "missing_parent")]
    [TestCase("collector_result_id = 10, sentiment_label = 'MIXED'", "missing_parent")]
    [TestCase("visibility_index = 1000, sentiment_label = 'MIXED'", "out_of_range")]
    [TestCase("share_of_answers_brand = 'NaN'", "out_of_range")]
    [TestCase("sentiment_score = '-Infinity'", "out_of_range")]
    public async Task A_brand_row_is_rejected_for_the_first_reason(string sets, string reason)
    {
        var id = await _legacy.BrandRowAsync(sets);

        var star = await _legacy.ExpectedAsync();

        Assert.Multiple(() =>
        {
            Assert.That(star.Tables.Rejected[id, "reason"], Is.EqualTo(reason));
            Assert.That(star.Tables.Facts.Rows, Is.Empty);
            Assert.That(star.Projected, Is.Empty);
        });
    }

    [TestCase("collector_result_id = NULL", "no_result_id")]
    [TestCase("collector_result_id = 2, sentiment_label_competitor = 'MIXED'", "no_brand_row")]
    [TestCase("competitor_name = 'acme', sentiment_positive_sentences_competitor = '\"x\"'", "invalid")]
    [TestCase("competitor_name = 'acme', visibility_index_competitor = 1000", "unknown_competitor")]
    [TestCase("competitor_name = 'Acme '", "unknown_competitor")]
    [TestCase("competitor_name = 'Elsewhere', brand_id = '" + OtherBrand + "'", "unknown_competitor")]
    [TestCase("competitor_name = E'\\t'", "unknown_competitor")]
    [TestCase("share_of_answers_competitor = 'Infinity', sentiment_label_competitor = 'MIXED'", "out_of_range")]
    public async Task A_competitor_row_is_rejected_for_the_first_reason(string sets, string reason)
    {
        await _legacy.BrandRowAsync();
        var id = await _legacy.CompetitorRowAsync("Acme", sets);

        var star = await _legacy.ExpectedAsync();

        Assert.Multiple(() =>
        {
            Assert.That(star.Tables.Rejected[id, "reason"], Is.EqualTo(reason));
            Assert.That(star.Tables.Facts.Rows, Has.Count.EqualTo(1));
            Assert.That(star.Tables.CompetitorMetrics.Rows, Is.Empty);
        });
    }

    [Test]
    public async Task Competitors_of_a_rejected_brand_row_have_none()
    {
        await _legacy.BrandRowAsync("visibility_index = 'NaN'");
        var acme = await _legacy.CompetitorRowAsync("Acme");
        var older = await _legacy.CompetitorRowAsync("Acme", "processed_at = '2024-01-01'");
        var unknown = await _legacy.CompetitorRowAsync("Nobody");

        var rejected = (await _legacy.ExpectedAsync()).Tables.Rejected;

        Assert.That(new[] { acme, older, unknown }.Select(id => rejected[id, "reason"]), Is.All.EqualTo("no_brand_row"));
    }

    [Test]
    public async Task An_unknown_label_is_rejected_and_its_row_projected()
    {
        var brand = await _legacy.BrandRowAsync("sentiment_label = 'MIXED'");
        var acme = await _legacy.CompetitorRowAsync("Acme", "sentiment_label_competitor = E'\\tpositive', sentiment_score_competitor = 0");

        var star = (await _legacy.ExpectedAsync()).Tables;

        Assert.Multiple(() =>
        {
            Assert.That(new[] { brand, acme }.Select(id => star.Rejected[id, "reason"]), Is.All.EqualTo("unknown_label"));
            Assert.That(star.Facts.Rows, Has.Count.EqualTo(1));
            Assert.That(star.BrandSentiment.Rows, Is.Empty);
            Assert.That(star.CompetitorSentiment.Rows["1/11"], Is.EqualTo(Row(null, "0.00", "[]", "[]")));
        });
    }

    [TestCase("'  '")]
    [TestCase("''")]
    public async Task A_blank_competitor_makes_a_brand_row(string name)
    {
        await _legacy.BrandRowAsync($"competitor_name = {name}");

        Assert.That((await _legacy.ExpectedAsync()).Tables.Facts.Rows, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task The_competitor_is_the_one_of_the_facts_brand()
    {
        await _legacy.BrandRowAsync($"brand_id = '{OtherBrand}'");
        await _legacy.CompetitorRowAsync("Acme");

        var star = (await _legacy.ExpectedAsync()).Tables;

        Assert.Multiple(() =>
        {
            Assert.That(star.CompetitorMetrics.Rows.Keys, Is.EqualTo(Row("1/21")));
            Assert.That(star.Facts["1", "customer_id"], Is.EqualTo(Customer), "copied although it is not the brand's");
        });
    }

    [Test]
    public async Task A_result_the_insert_refuses_is_invalid_as_a_whole()
    {
        var brand = await _legacy.BrandRowAsync();
        var acme = await _legacy.CompetitorRowAsync("Acme");

        var star = (await _legacy.ExpectedAsync(1)).Tables;

        Assert.Multiple(() =>
        {
            Assert.That(new[] { brand, acme }.Select(id => star.Rejected[id, "reason"]), Is.All.EqualTo("invalid"));
            Assert.That(star.Star.Sum(table => table.Rows.Count), Is.Zero);
            Assert.That(star.Daily.Rows, Is.Empty);
        });
    }
}
