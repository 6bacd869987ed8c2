using static Evidently.Schema.DatabaseTests.Oracle.DirtyCase;

namespace Evidently.Schema.DatabaseTests.Oracle;

/// <content>Dirt within one value.</content>
internal static partial class DirtyCatalog
{
    internal static string[] Numbers =>
    [
        "NaN", "Infinity", "-Infinity", "0", "-0.0", "0.004", "0.005", "0.015", "-0.005", "-0.004", "0.30000000000000004", "1.005", "2.675",
        "999.99", "999.994", "999.9949999999999", "999.99499999999995", "999.995", "-999.994", "-999.995", "1000", "-1000", "1e100", "-1e100",
        "1e308", "5e-324", "1e-100", "100", "-1", "0.123456789012345678",
    ];

    internal static string[] OddPositions =>
    [
        "null", "[]", "[1, 2, 3]", "[1, null, 3]", "[null]", "[1.0, 1e2, -0]", "[1.5]", "[2147483647, -2147483648]", "[2147483648]",
        "[-2147483649]", "[1e100]", "[[1, 2]]", "[\"1\"]", "[true]", "[{}]", "{}", "{\"0\": 1}", "1", "\"[1, 2]\"", "\"\"", "true",
    ];

    internal static string[] OddSentences =>
    [
        "null", "[]", "[\"Good.\"]", "[1, null, {\"b\": 2, \"a\": 1.50}]", "[[]]", "[null]", "{}", "{\"0\": \"Good.\"}", "1", "true", "false",
        "\"Good.\"", "\"\"", "\" \"", "\"null\"", "\"[]\"", "\"{}\"", "\"1\"", "\"[\\\"Good.\\\", \\\"Better.\\\"]\"", "\"  [ 1 ]\\n\"",
        "\"[\\\"broken\"", "\"[1,]\"", "\"[1] 2\"", "\"['Good.']\"", "\"\\\"[1]\\\"\"", "\"[\\\"\\\\u0000\\\"]\"", "\"[\\\"\\\\ud800\\\"]\"",
        "\"[\\\"\\\\ud834\\\\udd1e\\\"]\"", "\"[{\\\"a\\\": 1, \\\"a\\\": 2}]\"", "\"[1e200000]\"", "\"[01]\"", "\"[NaN]\"", "\"[1.0, 100e-2]\"",
        "\"\\u00a0[1]\"", "[\"名前 ☃ 𝄞 'x' \\\\ \\\"y\\\"\"]",
    ];

    internal static string Nested(int levels) => new string('[', levels) + new string(']', levels);

    private static IEnumerable<DirtyCase> Metrics()
    {
        foreach (var number in Numbers)
        {
            yield return new($"visibility is {number}", Brand(("visibility_index", number)), Competitor("Acme", ("visibility_index_competitor", number)));
            yield return new($"share is {number}", Brand(("share_of_answers_brand", number)), Competitor("Acme"));
            yield return new($"the competitor's share is {number}", Brand(), Competitor("Acme", ("share_of_answers_competitor", number)));
            yield return new($"the score is {number}", Brand(("sentiment_score", number)), Competitor("Acme", ("sentiment_score_competitor", number)));
            yield return new($"the competitor's score is {number}", Brand(), Competitor("Acme", ("sentiment_score_competitor", number)));
        }

        yield return new("a numeric of 600 digits", Brand(("visibility_index", "0." + new string('3', 600))), Competitor("Acme"));
        yield return new("an enormous numeric", Brand(("visibility_index", "1" + new string('0', 5_000))), Competitor("Acme"));
        yield return new("the metrics are NULL", Brand(("visibility_index", null), ("share_of_answers_brand", null)), Competitor(
            "Acme", ("visibility_index_competitor", null), ("share_of_answers_competitor", null)));
        yield return new("the brand row's competitor columns are bad", Brand(("visibility_index_competitor", "NaN"), ("share_of_answers_competitor", "1000")));
        yield return new("the competitor row's brand columns are bad", Brand(), Competitor("Acme", ("visibility_index", "NaN"), ("share_of_answers_brand", "1000")));
        yield return new("an unknown competitor is out of range", Brand(), Competitor("Nobody knows", ("visibility_index_competitor", "NaN")));
        yield return new("the largest counts", Brand(
            ("total_brand_mentions", "2147483647"), ("total_word_count", "-2147483648"), ("brand_first_position", "2147483647")));
    }

    private static IEnumerable<DirtyCase> Positions()
    {
        foreach (var odd in OddPositions)
        {
            yield return new($"positions are {odd}", Brand(("brand_positions", odd)), Competitor("Acme")) { PositionsType = "jsonb" };
            var competitor = Competitor("Acme", ("competitor_positions", odd), ("brand_positions", "\"unread\""));
            yield return new($"the competitor's positions are {odd}", Brand(("competitor_positions", "{}")), competitor) { PositionsType = "jsonb" };
        }

        foreach (var odd in new[] { "{}", "{1,NULL,3}", "{NULL}", "{{1,2},{3,4}}", "{{1,NULL}}", "[2:4]={7,8,9}", "{2147483647,-2147483648}" })
        {
            yield return new($"integer positions are {odd}", Brand(("brand_positions", odd)), Competitor("Acme", ("competitor_positions", odd))) { PositionsType = "_int4" };
        }

        yield return new("an unknown competitor's positions are broken", Brand(), Competitor("Nobody knows", ("competitor_positions", "{}"))) { PositionsType = "jsonb" };
        yield return new("a superseded row's positions are broken", Brand(("brand_positions", "{}")), Brand()) { PositionsType = "jsonb" };
    }

    private static IEnumerable<DirtyCase> Labels()
    {
        foreach (var label in new[]
        {
            "POSITIVE", "negative", "  Neutral ", string.Empty, "   ", "\t", "\tpositive", "MIXED", "positive.", "POSITIVE\n", "null", "名前",
        })
        {
            var shown = Json.Parse($"\"{label.Replace("\t", "\\t", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal)}\"");
            yield return new($"only the label, {shown}", Brand(("sentiment_label", label)), Competitor("Acme", ("sentiment_label_competitor", label)));
            yield return new(
                $"the label is {shown} with a score",
                Brand(("sentiment_label", label), ("sentiment_score", "0")),
                Competitor("Acme", ("sentiment_label_competitor", label), ("sentiment_score_competitor", "0")));
        }

        yield return new("the label is unknown and the score out of range", Brand(("sentiment_label", "MIXED"), ("sentiment_score", "1000")), Competitor("Acme"));
        yield return new("an unknown competitor's label is unknown", Brand(), Competitor("Nobody knows", ("sentiment_label_competitor", "MIXED")));
        yield return new("the competitor's label is unknown and the score out of range", Brand(), Competitor(
            "Acme", ("sentiment_label_competitor", "MIXED"), ("sentiment_score_competitor", "NaN")));
        yield return new("the brand row has a competitor's sentiment", Brand(
            ("sentiment_label_competitor", "MIXED"), ("sentiment_score_competitor", "NaN"), ("sentiment_positive_sentences_competitor", "{}")));
    }

    private static IEnumerable<DirtyCase> Sentences()
    {
        foreach (var odd in OddSentences)
        {
            yield return new($"the positive sentences are {odd}", Brand(("sentiment_positive_sentences", odd)), Competitor("Acme"));
            yield return new($"the negative sentences are {odd}", Brand(("sentiment_negative_sentences", odd), ("sentiment_label", "NEGATIVE")), Competitor("Acme"));
            yield return new($"the competitor's positive sentences are {odd}", Brand(), Competitor("Acme", ("sentiment_positive_sentences_competitor", odd)));
            yield return new($"the competitor's negative sentences are {odd}", Brand(), Competitor(
                "Acme", ("sentiment_negative_sentences_competitor", odd), ("sentiment_score_competitor", "-0.5")));
        }

        yield return new("only negative sentences are there", Brand(("sentiment_negative_sentences", """["bad"]""")), Competitor(
            "Acme", ("sentiment_negative_sentences_competitor", """["worse"]""")));
        foreach (var levels in new[] { 1_000, 1_001, 1_002, 10_000, 14_400, 100_000 })
        {
            var deep = $"\"{Nested(levels)}\"";
            yield return new($"a JSON string is nested {levels} levels deep", Brand(("sentiment_positive_sentences", deep)), Competitor("Acme"));
            yield return new($"a competitor's JSON string is nested {levels} levels deep", Brand(), Competitor("Acme", ("sentiment_positive_sentences_competitor", deep)));
        }

        yield return new("sentences are nested ten thousand levels deep", Brand(("sentiment_positive_sentences", Nested(10_000))), Competitor(
            "Acme", ("sentiment_negative_sentences_competitor", Nested(10_000))));
        yield return new("the sentences are broken and the query is missing", Brand(("sentiment_positive_sentences", "{}"), ("query_id", DirtyRows.Nobody)));
        yield return new("the sentences are broken and the score is out of range", Brand(("sentiment_positive_sentences", "1"), ("sentiment_score", "1000")));
        yield return new("the sentences of an unknown competitor are broken", Brand(), Competitor("Nobody knows", ("sentiment_negative_sentences_competitor", "1")));
        yield return new("the broken sentences are superseded", Brand(("sentiment_positive_sentences", "1")), Brand());
        yield return new("a sentence is 1 MB", Brand(("sentiment_positive_sentences", $"[\"{new string('x', 1_000_000)}\"]")));
    }
}
