using Evidently.Schema.Testing;
using static Evidently.Schema.DatabaseTests.Oracle.HandmadeLegacy;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>Which of several rows is the newest, and the daily view.</summary>
public sealed class OracleOrderTests
{
    private HandmadeLegacy _legacy = null!;

    [OneTimeSetUp]
    public async Task Create() => _legacy = await HandmadeLegacy.CreateAsync(new LegacyVariant { LegacyId = LegacyIdType.Uuid });

    [OneTimeTearDown]
    public async Task Drop() => await _legacy.DisposeAsync();

    [SetUp]
    public Task Clear() => _legacy.ClearAsync();

    [TestCase("processed_at = '2025-01-02'", "processed_at = '2025-01-01'", TestName = "The later time wins")]
    [TestCase("id = 'f0000000-0000-0000-0000-000000000000'", "id = '70000000-0000-0000-0000-0000000000ff'", TestName = "Of a tie the larger uuid wins, bytes unsigned")]
    [TestCase("created_at = created_at", "processed_at = NULL, created_at = NULL", TestName = "A row without a time is the oldest")]
    [TestCase("processed_at = NULL, created_at = '2025-06-01'", "created_at = created_at", TestName = "created_at counts where processed_at is missing")]
    [TestCase("processed_at = '2025-01-02'", "processed_at = '2025-01-01', created_at = '2026-01-01'", TestName = "created_at counts only there")]
    [TestCase("processed_at = 'infinity'", "processed_at = '2025-01-01'", TestName = "Infinity is newer")]
    [TestCase("processed_at = '-infinity'", "processed_at = NULL, created_at = NULL", TestName = "Minus infinity is newer than none")]
    [TestCase("processed_at = '0043-01-01 BC'", "processed_at = '0044-01-01 BC'", TestName = "BC counts backwards")]
    public async Task The_newest_row_counts(string newer, string older)
    {
        await _legacy.BrandRowAsync($"total_word_count = 7, {newer}");
        await _legacy.BrandRowAsync($"total_word_count = 8, {older}");
        await _legacy.CompetitorRowAsync("Acme", $"competitor_mentions = 8, {older.Replace("id = '7", "id = '6", StringComparison.Ordinal)}");
        await _legacy.CompetitorRowAsync("Acme", $"competitor_mentions = 7, {newer.Replace("id = 'f", "id = 'e", StringComparison.Ordinal)}");

        var star = (await _legacy.ExpectedAsync()).Tables;

        Assert.Multiple(() =>
        {
            Assert.That(star.BrandMetrics["1", "total_word_count"], Is.EqualTo("7"));
            Assert.That(star.CompetitorMetrics["1/11", "competitor_mentions"], Is.EqualTo("7"));
            Assert.That(star.Rejected.Rows.Values.Select(row => row[1]), Is.EqualTo(Row("superseded", "superseded")));
        });
    }

    [Test]
    public async Task An_older_brand_row_is_never_promoted()
    {
        var older = await _legacy.BrandRowAsync();
        var newest = await _legacy.BrandRowAsync("processed_at = '2026-01-01', collector_type = NULL");
        var acme = await _legacy.CompetitorRowAsync("Acme");

        var star = (await _legacy.ExpectedAsync()).Tables;

        Assert.Multiple(() =>
        {
            Assert.That(star.Rejected[older, "reason"], Is.EqualTo("superseded"));
            Assert.That(star.Rejected[newest, "reason"], Is.EqualTo("invalid"));
            Assert.That(star.Rejected[acme, "reason"], Is.EqualTo("no_brand_row"));
            Assert.That(star.Facts.Rows, Is.Empty);
        });
    }

    [Test]
    public async Task A_superseded_row_is_superseded_whatever_is_wrong_with_it()
    {
        var id = await _legacy.BrandRowAsync("processed_at = '2024-01-01', collector_type = NULL, visibility_index = 'NaN'");
        await _legacy.BrandRowAsync();

        Assert.That((await _legacy.ExpectedAsync()).Tables.Rejected[id, "reason"], Is.EqualTo("superseded"));
    }

    [Test]
    public async Task The_newest_of_an_unknown_competitor_is_unknown_and_the_older_superseded()
    {
        await _legacy.BrandRowAsync();
        var newest = await _legacy.CompetitorRowAsync("Nobody", "processed_at = '2026-01-01'");
        var older = await _legacy.CompetitorRowAsync("Nobody");

        var rejected = (await _legacy.ExpectedAsync()).Tables.Rejected;

        Assert.That(
            new[] { rejected[newest, "reason"], rejected[older, "reason"] }, Is.EqualTo(Row("unknown_competitor", "superseded")));
    }

    [Test]
    public async Task The_daily_view_counts_by_the_UTC_day()
    {
        await _legacy.BrandRowAsync(
            "processed_at = '2025-02-28 23:59:59.999999Z', visibility_index = 0.1, share_of_answers_brand = 10, has_brand_presence = true,"
            + " sentiment_label = 'positive', sentiment_score = 0");
        await _legacy.BrandRowAsync(
            "collector_result_id = 2, processed_at = '2025-03-01 01:00:00+02', visibility_index = 0.2, sentiment_label = 'NEGATIVE'");
        await _legacy.BrandRowAsync("collector_result_id = 3, processed_at = '2025-02-28 00:00:00Z', visibility_index = 0.4");
        await _legacy.BrandRowAsync("collector_result_id = 4, processed_at = '2025-03-01 00:00:00Z'");

        var daily = (await _legacy.ExpectedAsync()).Tables.Daily;

        string?[] february =
        [
            "0.2333333333333333333333333333", "10", "1", "3", "0", "1", "1", "0", "2025-02-28 00:00:00.000000Z",
            "2025-02-28 23:59:59.999999Z", "0.70", "3", "10.00", "1", "0.00", "1",
        ];
        var key = $"{HandmadeLegacy.Brand}/{HandmadeLegacy.Customer}/chatgpt/2025-02-28 00:00:00.000000Z";
        Assert.Multiple(() =>
        {
            Assert.That(daily.Rows, Has.Count.EqualTo(2));
            Assert.That(daily.Rows[key].Select(Trim), Is.EqualTo(february));
        });

        static string? Trim(string? value, int column) =>
            IsAverage(column) ? ExactDecimal.Parse(value!).ToCanonicalString() : value;

        static bool IsAverage(int column) => column is 0 or 1 or 4;
    }

    [Test]
    public async Task Infinite_times_have_infinite_days()
    {
        await _legacy.BrandRowAsync("processed_at = 'infinity'");
        await _legacy.BrandRowAsync("collector_result_id = 2, processed_at = '1969-12-31 23:00Z'");

        var days = (await _legacy.ExpectedAsync()).Tables.Daily.Rows.Keys.Select(key => key.Split('/')[^1]);

        Assert.That(days, Is.EqualTo(Row("1969-12-31 00:00:00.000000Z", "infinity")));
    }
}
