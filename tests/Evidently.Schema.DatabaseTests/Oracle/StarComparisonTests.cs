namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>A comparison that finds nothing is worth something only if it finds what is there.</summary>
public sealed class StarComparisonTests
{
    private ExpectedStar _expected = null!;

    [OneTimeSetUp]
    public async Task Expect()
    {
        await using var legacy = await HandmadeLegacy.CreateAsync();
        await legacy.BrandRowAsync("sentiment_score = 1, visibility_index = 0.5");
        await legacy.CompetitorRowAsync("Acme");
        await legacy.CompetitorRowAsync("Nobody");
        _expected = await legacy.ExpectedAsync();
    }

    [Test]
    public void The_same_star_is_equal() => Assert.That(StarComparison.Differences(_expected, Copy()), Is.Empty);

    [TestCase(0, "metric_facts")]
    [TestCase(1, "brand_metrics")]
    [TestCase(2, "competitor_metrics")]
    [TestCase(3, "brand_sentiment")]
    [TestCase(5, "evidently_schema.rejected_rows")]
    [TestCase(6, "mv_brand_daily_metrics")]
    public void A_missing_row_is_found(int table, string name)
    {
        var star = Copy(skip: table);

        Assert.That(StarComparison.Differences(_expected, star), Does.Contain($"{name}: missing (1)"));
    }

    [TestCase(0, "metric_facts")]
    [TestCase(4, "competitor_sentiment")]
    [TestCase(5, "evidently_schema.rejected_rows")]
    public void An_extra_row_is_found(int table, string name)
    {
        var star = Copy();
        All(star)[table].Add("8", new string?[All(star)[table].Columns.Count]);

        Assert.That(StarComparison.Differences(_expected, star), Does.Contain($"{name}: extra (1)"));
    }

    [Test]
    public void A_row_that_came_twice_is_found()
    {
        var star = Copy();
        star.BrandMetrics.Add("1", star.BrandMetrics.Rows["1"]);

        Assert.That(StarComparison.Differences(_expected, star), Does.Contain("brand_metrics: there twice (1)"));
    }

    [Test]
    public void Every_value_is_compared([Range(0, 6)] int table)
    {
        foreach (var column in Enumerable.Range(0, All(_expected.Tables)[table].Columns.Count))
        {
            var star = Copy();
            foreach (var row in All(star)[table].Rows.Values)
            {
                row[column] = row[column] is null ? "1" : null;
            }

            Assert.That(
                StarComparison.Differences(_expected, star).Contains(All(star)[table].Columns[column], StringComparison.Ordinal),
                Is.EqualTo(All(star)[table].Rows.Count > 0));
        }
    }

    [Test]
    public void A_row_that_is_in_neither_place_is_found()
    {
        var differences = StarComparison.Differences(_expected, Copy(skip: 5));

        Assert.That(differences, Does.Contain("legacy rows neither projected nor rejected (1)"));
    }

    private static StarTable[] All(StarTables star) => [.. star.Star, star.Rejected, star.Daily];

    private StarTables Copy(int? skip = null)
    {
        var copy = new StarTables();
        foreach (var (index, (from, to)) in All(_expected.Tables).Zip(All(copy)).Index().Where(pair => pair.Index != skip))
        {
            from.Rows.ToList().ForEach(row => to.Add(row.Key, [.. row.Value]));
        }

        return copy;
    }
}
