using System.Globalization;
using System.Reflection;
using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.Testing;

/// <summary>Each kind of dirt alone does what its name says, in some results, and none of it occurs in a clean fill.</summary>
[TestFixture]
[Parallelizable(ParallelScope.Self)]
public sealed class LegacyDirtTests
{
    private const string Brand = "btrim(coalesce(competitor_name, '')) = ''";

    private static readonly string[] Metrics =
    [
        "visibility_index", "share_of_answers_brand", "sentiment_score",
        "visibility_index_competitor", "share_of_answers_competitor", "sentiment_score_competitor",
    ];

    private static readonly Dictionary<string, string> Signs = new(StringComparer.Ordinal)
    {
        ["NoResultId"] = "collector_result_id IS NULL",
        ["NoBrandRow"] = $"NOT EXISTS (SELECT FROM extracted_positions o WHERE o.collector_result_id = e.collector_result_id AND {Brand})",
        ["DuplicateBrandRow"] = $"{Brand} AND EXISTS (SELECT FROM extracted_positions o WHERE o.collector_result_id = e.collector_result_id AND o.id <> e.id AND {Brand})",
        ["DuplicateCompetitorRow"] = "EXISTS (SELECT FROM extracted_positions o WHERE o.collector_result_id = e.collector_result_id AND o.id <> e.id AND o.competitor_name = e.competitor_name)",
        ["MissingParent"] = "NOT EXISTS (SELECT FROM generated_queries o WHERE o.id = query_id) OR NOT EXISTS (SELECT FROM customers o WHERE o.id = customer_id)",
        ["UnknownCompetitor"] = "NOT EXISTS (SELECT FROM brand_competitors o WHERE o.brand_id = e.brand_id AND o.competitor_name = e.competitor_name) AND competitor_name <> ''",
        ["OutOfRange"] = Metric("abs({0}) > 999"),
        ["NotANumber"] = Metric("{0} IN ('NaN', 'Infinity', '-Infinity')"),
        ["Invalid"] = "brand_id IS NULL OR query_id IS NULL OR collector_type IS NULL OR jsonb_typeof(sentiment_positive_sentences) <> 'array' OR jsonb_typeof(brand_positions) = 'object'",
        ["UnknownLabel"] = "upper(btrim(coalesce(sentiment_label, sentiment_label_competitor))) NOT IN ('POSITIVE', 'NEGATIVE', 'NEUTRAL')",
        ["LowerCaseLabel"] = "sentiment_label = 'positive' OR sentiment_label = ' neutral '",
        ["BlankCompetitorName"] = "btrim(competitor_name) = ''",
        ["JsonStringSentences"] = "jsonb_typeof(sentiment_negative_sentences) = 'string' AND sentiment_negative_sentences #>> '{}' LIKE '[%]'",
        ["BrokenJsonString"] = "jsonb_typeof(sentiment_positive_sentences) = 'string' AND sentiment_positive_sentences #>> '{}' NOT LIKE '[%]'",
        ["NullSentences"] = $"{Brand} AND coalesce(sentiment_positive_sentences, 'null') = 'null'",
        ["NullPositions"] = $"{Brand} AND coalesce(brand_positions, 'null') IN ('null') OR brand_positions -> 1 = 'null'",
        ["MissingTimestamps"] = "processed_at IS NULL OR created_at IS NULL",
        ["MissingCustomer"] = "customer_id IS NULL",
        ["OtherCustomer"] = "customer_id <> (SELECT o.customer_id FROM brands o WHERE o.id = brand_id)",
        ["ZeroScore"] = "sentiment_score = 0",
        ["OldScoreScale"] = "sentiment_score < 0 OR sentiment_score_competitor < 0",
        ["NotScored"] = $"{Brand} AND coalesce(sentiment_label, '') = '' AND sentiment_score IS NULL",
        ["EmptyTopic"] = "btrim(coalesce(topic, '')) = ''",
        ["NullMetrics"] = "visibility_index IS NULL AND total_word_count IS NULL",
        ["Rounding"] = "visibility_index <> round(visibility_index, 2)",
        ["CompetitorsFirst"] = $"{Brand} AND EXISTS (SELECT FROM extracted_positions o WHERE o.collector_result_id = e.collector_result_id AND o.id < e.id)",
    };

    private static readonly LegacyVariant Variant = new() { Positions = PositionsType.Jsonb };

    private LegacyDatabase _clean = null!;

    public static IEnumerable<string> Kinds() =>
        from property in typeof(LegacyDirt).GetProperties(BindingFlags.Public | BindingFlags.Instance)
        where property.PropertyType == typeof(double)
        select property.Name;

    [OneTimeSetUp]
    public async Task CreateClean() => _clean = await TestServer.CreateLegacyAsync(Variant, new() { Results = 60 });

    [OneTimeTearDown]
    public async Task DropClean() => await _clean.DisposeAsync();

    [TestCaseSource(nameof(Kinds))]
    public async Task Each_kind_occurs_when_asked_for_and_not_otherwise(string kind)
    {
        var dirt = new LegacyDirt();
        typeof(LegacyDirt).GetProperty(kind)!.SetValue(dirt, 0.5);
        await using var dirty = await TestServer.CreateLegacyAsync(Variant);
        await dirty.FillAsync(new() { Results = 60, Dirt = dirt });
        var count = $"SELECT count(*) FROM extracted_positions e WHERE {Signs[kind]}";
        Assert.That(await Sql.ScalarAsync<long>(_clean.ConnectionString, count), Is.Zero);
        Assert.That(await Sql.ScalarAsync<long>(dirty.ConnectionString, count), Is.GreaterThan(3));
    }

    [Test]
    public void Two_values_of_two_properties_occur_together_in_some_variant()
    {
        var properties = typeof(LegacyVariant).GetProperties(BindingFlags.Public | BindingFlags.Instance);
        var variants = LegacyVariant.Pairwise().ToList();
        foreach (var first in properties)
        {
            foreach (var second in properties.Where(second => string.CompareOrdinal(first.Name, second.Name) < 0))
            {
                var pairs = variants.Select(variant => (first.GetValue(variant), second.GetValue(variant))).Distinct().Count();
                Assert.That(pairs, Is.EqualTo(Values(first) * Values(second)), $"{first.Name} with {second.Name}");
            }
        }

        Assert.That(variants, Has.Count.LessThan(20));
        Assert.That(variants[0], Is.EqualTo(new LegacyVariant()));
    }

    private static int Values(PropertyInfo property) => property.PropertyType.IsEnum ? Enum.GetValues(property.PropertyType).Length : 2;

    private static string Metric(string condition) =>
        string.Join(" OR ", Metrics.Select(column => string.Format(CultureInfo.InvariantCulture, condition, column)));
}
