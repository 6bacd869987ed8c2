namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>Projection views with one expression broken: pieces of their normalized definitions, and what stands there instead.</summary>
internal static class Mutants
{
    private const string Brand = "ep.competitor_name IS NULL OR ep.competitor_name::bpchar = ''::bpchar";
    private const string Legacy = "legacy_rows";
    private const string Rows = "projected_rows";
    private const string Unusable = "first_value(NOT r.is_brand OR r.positions_broken OR r.positive_sentences IS NULL OR r.negative_sentences IS NULL OR r.collector_type IS NULL OR r.processed_at IS NULL OR r.star_visibility IS NULL AND r.visibility_index IS NOT NULL OR r.star_share IS NULL AND r.share_of_answers IS NOT NULL OR r.star_score IS NULL AND r.sentiment_score IS NOT NULL) OVER result";
    private const string OutOfRange = "r.star_visibility IS NULL AND r.visibility_index IS NOT NULL OR r.star_share IS NULL AND r.share_of_answers IS NOT NULL OR r.star_score IS NULL AND r.sentiment_score IS NOT NULL AS out_of_range";
    private const string MissingForCompetitor = "(k.fact_unusable OR b.id IS NULL OR c.id IS NULL OR q.id IS NULL OR cr.id IS NULL)";
    private const string MissingForBrand = "WHEN b.id IS NULL OR c.id IS NULL OR q.id IS NULL OR cr.id IS NULL THEN 'missing_parent'";

    /// <summary>
    /// Not there, because they change nothing: dropping the COLLATE "C" (the order of names matters only for equality), DESC of
    /// competitor_name, the ORDER BY below the windows, processed_at among what makes a brand row invalid (the INSERT refuses NULL, and
    /// so the row is invalid all the same).
    /// </summary>
    public static IEnumerable<(string View, string From, string To)> All() => [.. Values(), .. Order(), .. Parents(), .. Reasons(), .. Outputs()];

    private static IEnumerable<(string View, string From, string To)> Values()
    {
        yield return (Legacy, $"{Brand} AS is_brand", "ep.competitor_name IS NULL AS is_brand");
        yield return (Legacy, $"{Brand} AS is_brand", "ep.competitor_name IS NULL OR ep.competitor_name = ''::text AS is_brand");
        yield return (Legacy, "THEN ep.competitor_name ELSE NULL::text END", "THEN btrim(ep.competitor_name) ELSE NULL::text END");
        yield return (Legacy, "THEN ep.competitor_name ELSE NULL::text END", "THEN lower(ep.competitor_name) ELSE NULL::text END");
        yield return (Legacy, "octet_length(ep.collector_type) <= 2000", "true");
        yield return (Legacy, "octet_length(ep.collector_type) <= 2000", "octet_length(ep.collector_type) < 2000");
        yield return (Legacy, "octet_length(ep.collector_type) <= 2000", "octet_length(ep.collector_type) <= 2001");
        yield return (Legacy, "octet_length(ep.collector_type) <= 2000", "length(ep.collector_type) <= 2000");
        yield return (Legacy, "COALESCE(ep.processed_at, ep.created_at) AS processed_at", "ep.processed_at AS processed_at");
        yield return (Legacy, "COALESCE(ep.processed_at, ep.created_at) AS processed_at", "COALESCE(ep.created_at, ep.processed_at) AS processed_at");
        yield return (Legacy, "COALESCE(ep.created_at, ep.processed_at) AS created_at", "COALESCE(ep.processed_at, ep.created_at) AS created_at");
        yield return (Legacy, "COALESCE(ep.created_at, ep.processed_at) AS created_at", "ep.created_at AS created_at");
        yield return (Legacy, "CASE WHEN btrim(ep.topic) <> ''::text THEN ep.topic ELSE NULL::text END", "ep.topic");
        yield return (Legacy, "THEN ep.topic ELSE", "THEN btrim(ep.topic) ELSE");
        yield return (Legacy, "CASE WHEN btrim(ep.metadata ->> 'topic_name'::text) <> ''::text THEN ep.metadata ->> 'topic_name'::text ELSE NULL::text END", "NULL::text");
        yield return (Legacy, "CASE WHEN btrim(ep.metadata ->> 'topic_name'::text) <> ''::text THEN ep.metadata ->> 'topic_name'::text ELSE NULL::text END", "ep.metadata ->> 'topic_name'::text");
        foreach (var (brand, competitor) in new[]
        {
            ("visibility_index", "visibility_index_competitor"), ("share_of_answers_brand", "share_of_answers_competitor"),
            ("brand_positions", "competitor_positions"), ("total_brand_mentions", "competitor_mentions"), ("sentiment_label", "sentiment_label_competitor"),
            ("sentiment_score", "sentiment_score_competitor"), ("sentiment_positive_sentences", "sentiment_positive_sentences_competitor"),
            ("sentiment_negative_sentences", "sentiment_negative_sentences_competitor"),
        })
        {
            yield return (Legacy, $"THEN ep.{brand} ELSE ep.{competitor} END", $"THEN ep.{brand} ELSE ep.{brand} END");
            yield return (Legacy, $"THEN ep.{brand} ELSE ep.{competitor} END", $"THEN ep.{competitor} ELSE ep.{competitor} END");
        }

        yield return (Legacy, "COALESCE(ep.has_brand_presence, false)", "COALESCE(ep.has_brand_presence, true)");
        yield return (Legacy, "COALESCE(ep.has_brand_presence, false)", "NOT COALESCE(ep.has_brand_presence, false)");
        yield return (Legacy, "ep.brand_first_position,", "COALESCE(ep.brand_first_position, 0) AS brand_first_position,");
        yield return (Legacy, "END, 0) AS mentions", "END, 1) AS mentions");
        yield return (Legacy, "COALESCE(ep.total_word_count, 0)", "COALESCE(ep.total_word_count, 1)");
        yield return (Legacy, "COALESCE(ep.total_word_count, 0)", "COALESCE(ep.total_brand_mentions, 0)");
    }

    private static IEnumerable<(string View, string From, string To)> Order()
    {
        yield return (Rows, "NULLS FIRST, r.processed_at", "NULLS LAST, r.processed_at");
        yield return (Rows, "r.processed_at DESC NULLS LAST", "r.processed_at DESC NULLS FIRST");
        yield return (Rows, "r.processed_at DESC NULLS LAST", "r.processed_at NULLS LAST");
        yield return (Rows, "r.processed_at DESC NULLS LAST", "r.created_at DESC NULLS LAST");
        yield return (Rows, "r.processed_at DESC NULLS LAST, ", string.Empty);
        yield return (Rows, "r.id DESC ROWS", "r.id ROWS");
        yield return (Rows, "lag(r.competitor_name, 1, ''::text)", "lag(r.competitor_name)");
        yield return (Rows, "NOT lag(r.competitor_name, 1, ''::text) OVER result IS DISTINCT FROM r.competitor_name AS superseded", "false AS superseded");
        yield return (Rows, "NOT lag(r.competitor_name, 1, ''::text) OVER result IS DISTINCT FROM r.competitor_name AS superseded", "lag(r.competitor_name, 1, ''::text) OVER result = r.competitor_name AS superseded");
        yield return (Rows, "first_value(r.brand_id) OVER result", "r.brand_id");
        yield return (Rows, "first_value(r.customer_id) OVER result", "r.customer_id");
        yield return (Rows, "first_value(r.query_id) OVER result", "r.query_id");
        foreach (var condition in new[]
        {
            "NOT r.is_brand OR ", "r.positions_broken OR ", "r.positive_sentences IS NULL OR ", "r.negative_sentences IS NULL OR ",
            "r.collector_type IS NULL OR ", "r.processed_at IS NULL OR ", "r.star_visibility IS NULL AND r.visibility_index IS NOT NULL OR ",
            "r.star_share IS NULL AND r.share_of_answers IS NOT NULL OR ", " OR r.star_score IS NULL AND r.sentiment_score IS NOT NULL",
        })
        {
            yield return (Rows, Unusable, Unusable.Replace(condition, string.Empty, StringComparison.Ordinal));
        }

        yield return (Rows, Unusable, "false");
        yield return (Rows, Unusable, Unusable.Replace("first_value", string.Empty, StringComparison.Ordinal).Replace(" OVER result", string.Empty, StringComparison.Ordinal).Replace("NOT r.is_brand OR ", string.Empty, StringComparison.Ordinal));
    }

    private static IEnumerable<(string View, string From, string To)> Parents()
    {
        yield return (Rows, "COALESCE(k.fact_customer_id, b.customer_id) AS customer_id", "b.customer_id AS customer_id");
        yield return (Rows, "COALESCE(k.fact_customer_id, b.customer_id) AS customer_id", "k.fact_customer_id AS customer_id");
        yield return (Rows, "c.id = COALESCE(k.fact_customer_id, b.customer_id)", "c.id = k.fact_customer_id");
        yield return (Rows, "c.id = COALESCE(k.fact_customer_id, b.customer_id)", "c.id = b.customer_id");
        yield return (Rows, "OR k.fact_brand_id IS NULL ", string.Empty);
        yield return (Rows, "OR k.fact_query_id IS NULL ", string.Empty);
        yield return (Rows, " OR COALESCE(k.fact_customer_id, b.customer_id) IS NULL)", ")");
        foreach (var parent in new[] { "b", "c", "q", "cr" })
        {
            yield return (Rows, MissingForCompetitor, MissingForCompetitor.Replace($" OR {parent}.id IS NULL", string.Empty, StringComparison.Ordinal));
            yield return (Rows, MissingForBrand, MissingForBrand.Replace($"{parent}.id IS NULL", "false", StringComparison.Ordinal));
        }

        yield return (Rows, "bc.brand_id = k.fact_brand_id AND", "bc.brand_id = (SELECT e.brand_id FROM public.extracted_positions AS e WHERE e.id = k.id) AND");
        yield return (Rows, "bc.competitor_name = k.competitor_name", "btrim(bc.competitor_name) = btrim(k.competitor_name)");
        yield return (Rows, "bc.competitor_name = k.competitor_name", "lower(bc.competitor_name) = lower(k.competitor_name)");
        yield return ("query_topics", "CASE WHEN btrim(q.topic) <> ''::text THEN q.topic ELSE NULL::text END", "q.topic");
    }

    private static IEnumerable<(string View, string From, string To)> Reasons()
    {
        foreach (var reason in new[] { "no_result_id", "no_brand_row", "superseded", "invalid", "missing_parent", "unknown_competitor", "out_of_range", "unknown_label" })
        {
            yield return (Rows, $"THEN '{reason}'::text", "THEN 'another'::text");
        }

        yield return (Rows, "k.fact_unusable OR ", string.Empty);
        yield return (Rows, "WHEN k.superseded THEN 'superseded'::text WHEN k.broken OR k.is_brand", "WHEN k.broken THEN 'invalid'::text WHEN k.superseded THEN 'superseded'::text WHEN k.is_brand");
        yield return (Rows, "WHEN k.broken OR k.is_brand", "WHEN k.is_brand AND k.broken OR k.is_brand");
        yield return (Rows, "WHEN k.broken OR k.is_brand", "WHEN NOT k.is_brand AND k.broken OR k.is_brand");
        yield return (Rows, "k.collector_type IS NULL OR ", string.Empty);
        yield return (Rows, "NOT k.is_brand AND bc.id IS NULL", "bc.id IS NULL");
        yield return (Rows, "WHEN k.out_of_range THEN 'out_of_range'::text ", string.Empty);
        yield return (Rows, "btrim(k.sentiment_label) <> ''::text AND ", "k.sentiment_label IS NOT NULL AND ");
        yield return (Rows, OutOfRange, OutOfRange.Replace("r.star_visibility IS NULL AND r.visibility_index IS NOT NULL OR ", string.Empty, StringComparison.Ordinal));
        yield return (Rows, OutOfRange, OutOfRange.Replace("r.star_share IS NULL AND r.share_of_answers IS NOT NULL OR ", string.Empty, StringComparison.Ordinal));
        yield return (Rows, OutOfRange, OutOfRange.Replace(" OR r.star_score IS NULL AND r.sentiment_score IS NOT NULL", string.Empty, StringComparison.Ordinal));
        yield return (Rows, "r.positions_broken OR r.positive_sentences IS NULL OR r.negative_sentences IS NULL AS broken", "r.positive_sentences IS NULL OR r.negative_sentences IS NULL AS broken");
        yield return (Rows, "r.positions_broken OR r.positive_sentences IS NULL OR r.negative_sentences IS NULL AS broken", "r.positions_broken OR r.negative_sentences IS NULL AS broken");
        yield return (Rows, "r.positions_broken OR r.positive_sentences IS NULL OR r.negative_sentences IS NULL AS broken", "r.positions_broken OR r.positive_sentences IS NULL AS broken");
        yield return (Rows, "p.reason IS NULL OR p.reason = 'unknown_label'::text AS projected", "p.reason IS NULL AS projected");
    }

    private static IEnumerable<(string View, string From, string To)> Outputs()
    {
        yield return (Rows, "k.fact_brand_id AS brand_id", "k.fact_customer_id AS brand_id");
        yield return (Rows, "p.customer_id, p.query_id", "p.brand_customer_id AS customer_id, p.query_id");
        yield return (Rows, "k.fact_query_id AS query_id", "k.fact_brand_id AS query_id");
        yield return (Rows, "p.collector_type, p.topic", "lower(p.collector_type) AS collector_type, p.topic");
        yield return (Rows, "COALESCE(k.topic, q.topic)", "COALESCE(q.topic, k.topic)");
        yield return (Rows, "COALESCE(k.topic, q.topic)", "k.topic");
        yield return (Rows, "p.processed_at, p.created_at, p.competitor_id", "p.created_at AS processed_at, p.created_at, p.competitor_id");
        yield return (Rows, "p.processed_at, p.created_at, p.competitor_id", "p.processed_at, p.processed_at AS created_at, p.competitor_id");
        yield return (Rows, "p.star_visibility AS visibility_index", "p.star_share AS visibility_index");
        yield return (Rows, "p.star_share AS share_of_answers", "p.star_visibility AS share_of_answers");
        yield return (Rows, "evidently_schema.to_metric(l.visibility_index) AS star_visibility", "trunc(l.visibility_index, 2) AS star_visibility");
        yield return (Rows, "evidently_schema.to_metric(l.share_of_answers) AS star_share", "evidently_schema.to_metric(l.visibility_index) AS star_share");
        yield return (Rows, "evidently_schema.to_metric(l.sentiment_score) AS star_score", "abs(evidently_schema.to_metric(l.sentiment_score)) AS star_score");
        yield return (Rows, "p.mentions, p.total_word_count", "p.total_word_count AS mentions, p.total_word_count");
        yield return (Rows, "p.sentiment_label IS NOT NULL OR ", string.Empty);
        yield return (Rows, "evidently_schema.to_label(k.sentiment_label) AS sentiment_label", "upper(btrim(k.sentiment_label)) AS sentiment_label");
        yield return (Rows, "evidently_schema.to_label(k.sentiment_label) AS sentiment_label", "k.sentiment_label");
        yield return (Rows, "p.sentiment_score IS NOT NULL OR ", string.Empty);
        yield return (Rows, "p.sentiment_score IS NOT NULL OR ", "p.sentiment_score <> 0 OR ");
        yield return (Rows, "p.positive_sentences <> '[]'::jsonb OR ", string.Empty);
        yield return (Rows, " OR p.negative_sentences <> '[]'::jsonb AS has_sentiment", " AS has_sentiment");
        yield return (Rows, "p.sentiment_label, p.star_score", "NULL::text AS sentiment_label, p.star_score");
        yield return (Rows, "p.star_score AS sentiment_score", "p.star_visibility AS sentiment_score");
        yield return (Rows, "p.positive_sentences, p.negative_sentences, COALESCE", "p.negative_sentences AS positive_sentences, p.negative_sentences, COALESCE");
        yield return (Rows, "p.positive_sentences, p.negative_sentences, COALESCE", "p.positive_sentences, p.positive_sentences AS negative_sentences, COALESCE");
    }
}
