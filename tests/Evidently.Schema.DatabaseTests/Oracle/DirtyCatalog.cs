using static Evidently.Schema.DatabaseTests.Oracle.DirtyCase;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <summary>Every kind of dirt the contract names, each under a name.</summary>
internal static partial class DirtyCatalog
{
    /// <summary>Competitors of the dirty brand.</summary>
    public static IReadOnlyList<string> KnownCompetitors { get; } = ["Acme", "ACME", " Acme", "Beta", "名前 ☃ 𝄞 é", "e\u0301", "\t", "O'Neill \\ \"x\""];

    public static IReadOnlyList<DirtyCase> All { get; } =
        [.. Facts(), .. Parents(), .. Order(), .. Names(), .. Metrics(), .. Positions(), .. Labels(), .. Sentences(), .. TooLarge()];

    private static IEnumerable<DirtyCase> Facts()
    {
        foreach (var column in new[] { "brand_id", "customer_id", "query_id", "collector_type", "processed_at", "created_at" })
        {
            yield return new($"{column} is NULL", Brand((column, null)), Competitor("Acme", (column, null)));
        }

        yield return new("collector_result_id is NULL", Brand(("collector_result_id", null)), Competitor("Acme", ("collector_result_id", null)));
        yield return new("both times are NULL", Brand(("processed_at", null), ("created_at", null)), Competitor("Acme"));
        yield return new("the competitor's own fact columns are NULL", Brand(), Competitor(
            "Acme", ("brand_id", null), ("customer_id", null), ("query_id", null), ("collector_type", null), ("processed_at", null),
            ("created_at", null)));
        yield return new("customer and brand are NULL", Brand(("brand_id", null), ("customer_id", null)));
        yield return new("customer is NULL and the brand has none", Brand(("brand_id", DirtyRows.BrandIdWithoutCustomer), ("customer_id", null)));
        yield return new("customer is NULL and the brand is missing", Brand(("brand_id", DirtyRows.Nobody), ("customer_id", null)));
        yield return new("counts and presence are NULL", Brand(
            ("has_brand_presence", null), ("total_brand_mentions", null), ("total_word_count", null), ("brand_first_position", null)),
            Competitor("Acme", ("competitor_mentions", null)));
        yield return new("collector_type is empty", Brand(("collector_type", string.Empty)));
        yield return new("collector_type has capitals", Brand(("collector_type", " ChatGPT ")));
        yield return new("collector_type is unicode", Brand(("collector_type", "名前 ☃ 𝄞 'x' \\ \"y\"")));
        foreach (var time in new[]
        {
            "infinity", "-infinity", "0044-03-15 12:00:00+00 BC", "4714-11-24 00:00:00+00 BC", "294276-12-31 23:59:59.999999+00",
            "2025-03-01 00:00:00+00", "2025-02-28 23:59:59.999999+00", "2025-03-01 01:30:00+02", "1969-12-31 23:59:59.999999+00",
        })
        {
            yield return new($"the time is {time}", Brand(("processed_at", time), ("created_at", time)), Competitor("Acme"));
        }

        yield return new("the topic has spaces around it", Brand(("topic", "  padded  ")));
        yield return new("the topic is blank and the metadata has one", Brand(("topic", "  "), ("metadata", """{"topic_name": " from metadata "}""")));
        yield return new("the topic is blank and the metadata's too", Brand(("topic", string.Empty), ("metadata", """{"topic_name": " "}""")));
        yield return new("the topic is a tab", Brand(("topic", "\t"), ("metadata", """{"topic_name": "unused"}""")));
        yield return new("the metadata's topic is JSON null", Brand(("topic", null), ("metadata", """{"topic_name": null}""")));
        yield return new("the metadata's topic is an object", Brand(("topic", null), ("metadata", """{"topic_name": {"b": 1.0, "a": [1]}}""")));
        yield return new("the metadata is an array", Brand(("topic", null), ("metadata", """["topic_name"]""")));
        yield return new("the metadata is a JSON string", Brand(("topic", null), ("metadata", "\"{\\\"topic_name\\\": \\\"x\\\"}\"")));
        yield return new("there is no topic anywhere", Brand(("query_id", DirtyRows.QueryIdWithoutTopic)));
    }

    private static IEnumerable<DirtyCase> Parents()
    {
        yield return new("the customer is another brand's", Brand(("customer_id", DirtyRows.OtherCustomerId)), Competitor("Acme"));
        foreach (var column in new[] { "brand_id", "customer_id", "query_id" })
        {
            yield return new($"there is no parent for {column}", Brand((column, DirtyRows.Nobody)), Competitor("Acme", (column, DirtyRows.Nobody)));
            yield return new($"only the competitor's {column} has no parent", Brand(), Competitor("Acme", (column, DirtyRows.Nobody)));
        }

        yield return new("there is no collector result", Brand(), Competitor("Acme")) { HasResult = false };
        yield return new("there is no collector result and the share is out of range", Brand(("share_of_answers_brand", "NaN"))) { HasResult = false };
        yield return new("there is no collector result and no collector type", Brand(("collector_type", null))) { HasResult = false };
        yield return new("the fact is another brand's", Brand(("brand_id", DirtyRows.OtherBrandId)), Competitor("Acme"), Competitor("Elsewhere"));
        yield return new("the competitor row is another brand's", Brand(), Competitor("Elsewhere", ("brand_id", DirtyRows.OtherBrandId)));
    }

    private static IEnumerable<DirtyCase> Order()
    {
        const string Later = "2025-03-02 12:00:00+00";
        yield return new("competitor rows come first", Competitor("Acme"), Competitor("Beta"), Brand());
        yield return new("there is no brand row", Competitor("Acme"), Competitor("Nobody knows"));
        yield return new("there is only an orphan twice", Competitor("Acme"), Competitor("Acme"));
        yield return new("two brand rows tie, the larger id wins", Brand(("visibility_index", "0.1")), Brand(("visibility_index", "0.2")));
        yield return new("the newer brand row has the smaller id", Brand(("processed_at", Later)), Brand());
        yield return new("a brand row without times is the oldest", Brand(), Brand(("processed_at", null), ("created_at", null)));
        yield return new("two brand rows without times", Brand(("processed_at", null), ("created_at", null)), Brand(("processed_at", null), ("created_at", null)));
        yield return new("a brand row by its created_at", Brand(("processed_at", null), ("created_at", Later)), Brand());
        yield return new("a later created_at does not count", Brand(), Brand(("processed_at", "2025-02-01"), ("created_at", Later)));
        yield return new("infinity is newer than all", Brand(("processed_at", "infinity")), Brand(("processed_at", Later)));
        yield return new("minus infinity is newer than NULL", Brand(("processed_at", "-infinity")), Brand(("processed_at", null), ("created_at", null)));
        yield return new("the newest brand row lacks its collector type", Brand(), Brand(("processed_at", Later), ("collector_type", null)), Competitor("Acme"));
        yield return new("the newest brand row is out of range", Brand(), Brand(("processed_at", Later), ("visibility_index", "1000")), Competitor("Acme"));
        yield return new("the older brand row is out of range", Brand(("visibility_index", "1000")), Brand(("processed_at", Later)), Competitor("Acme"));
        yield return new("the newest brand row lacks its query", Brand(), Brand(("processed_at", Later), ("query_id", DirtyRows.Nobody)), Competitor("Acme"));
        yield return new("two competitor rows tie", Brand(), Competitor("Acme", ("competitor_mentions", "7")), Competitor("Acme", ("competitor_mentions", "8")));
        yield return new("the newer competitor row has the smaller id", Brand(), Competitor("Acme", ("processed_at", Later)), Competitor("Acme"));
        yield return new("a competitor row without times is the oldest", Brand(), Competitor("Acme"), Competitor("Acme", ("processed_at", null), ("created_at", null)));
        yield return new("the newest competitor row is out of range", Brand(), Competitor("Acme"), Competitor("Acme", ("processed_at", Later), ("share_of_answers_competitor", "1000")));
        yield return new("an unknown competitor twice", Brand(), Competitor("Nobody knows"), Competitor("Nobody knows"));
        yield return new("three of each", Brand(), Brand(), Brand(), Competitor("Acme"), Competitor("Beta"), Competitor("Acme"), Competitor("Beta"), Competitor("Acme"), Competitor("Beta"));
    }

    private static IEnumerable<DirtyCase> Names()
    {
        yield return new("the brand row's competitor is empty", new DirtyRow(string.Empty), Competitor("Acme"));
        yield return new("the brand row's competitor is spaces", new DirtyRow("   "), Competitor("Acme"));
        yield return new("NULL, empty and spaces are all brand rows", Brand(), new DirtyRow(string.Empty), new DirtyRow("  "));
        yield return new("a tab is a competitor's name", Brand(), Competitor("\t"), Competitor("\t\t"), Competitor("\n"), Competitor("\u00A0"));
        yield return new("names differ by case and spaces", Brand(), Competitor("Acme"), Competitor("ACME"), Competitor(" Acme"), Competitor("acme"), Competitor("Acme "));
        yield return new("names are unicode", Brand(), Competitor("名前 ☃ 𝄞 é"), Competitor("e\u0301"), Competitor("\u00E9"), Competitor("O'Neill \\ \"x\""));
        yield return new("a name is long", Brand(), Competitor(new string('x', 2_000)));
    }

    /// <summary>Text that no compression shortens to an index row's 2,704 bytes.</summary>
    internal static string Incompressible(int length)
    {
        const string Letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        var state = 1u;
        return string.Create(length, state, (text, seed) =>
        {
            for (var i = 0; i < text.Length; i++)
            {
                seed = unchecked((seed * 1_664_525) + 1_013_904_223);
                text[i] = Letters[(int)((seed >> 16) % (uint)Letters.Length)];
            }
        });
    }

    private static IEnumerable<DirtyCase> TooLarge()
    {
        var large = Incompressible(16_384);
        yield return new("the topic is too large for its index", Brand(("topic", large)), Competitor("Acme")) { RefusedByInsert = true };
        yield return new("the metadata's topic is too large", Brand(("topic", null), ("metadata", $$"""{"topic_name": "{{large}}"}"""))) { RefusedByInsert = true };
        yield return new("the collector type is too large for an index", Brand(("collector_type", large)), Competitor("Acme"));
        yield return new("the collector type is too large for the daily view's key alone", Brand(("collector_type", large[..2_660])), Competitor("Acme"));
        yield return new("the collector type is as long as it may be", Brand(("collector_type", large[..2_000])), Competitor("Acme"));
        yield return new("the collector type is one byte too long, though it compresses", Brand(("collector_type", new string('x', 2_001))), Competitor("Acme"));
        yield return new("the collector type is too long in bytes, not in characters", Brand(("collector_type", new string('é', 1_001))), Competitor("Acme"));
        yield return new("the collector type is too large in a competitor row", Brand(), Competitor("Acme", ("collector_type", large[..2_660])));
        yield return new("the collector type is too large but the row is superseded", Brand(("collector_type", large[..2_660])), Brand());
        yield return new("the topic is large but compresses", Brand(("topic", new string('x', 16_384))), Competitor("Acme"));
        yield return new("the topic is large in a competitor row", Brand(), Competitor("Acme", ("topic", large)));
        yield return new("the topic is too large but the row is superseded", Brand(("topic", large)), Brand());
    }
}
