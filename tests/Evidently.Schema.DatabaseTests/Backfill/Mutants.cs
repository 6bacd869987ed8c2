namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>Projection views with one expression broken: pieces of their normalized definitions, and what stands there instead.</summary>
internal static class Mutants
{
    private const string Brand = "ep.competitor_name IS NULL OR ep.competitor_name::bpchar = ''::bpchar";
    private const string Legacy = "legacy_rows";
    private const string Rows = "projected_rows";

    /// <summary>
    /// Not there, because they change nothing: dropping the COLLATE "C" (the order of names matters only for equality), fact_exists among
    /// the conditions of no_brand_row (a result without brand row has fact_invalid or a missing parent from its first competitor only by
    /// chance, see the mutant below), DESC of competitor_name.
    /// </summary>
    public static IEnumerable<(string View, string From, string To)> All() => [.. Values(), .. Order(), .. Parents(), .. Reasons(), .. Outputs()];

    private static IEnumerable<(string View, string From, string To)> Values()
    {
        yield return (Legacy, $"{Brand} AS is_brand", "ep.competitor_name IS NULL AS is_brand");
        yield return (Legacy, $"{Brand} AS is_brand", "ep.competitor_name IS NULL OR ep.competitor_name = ''::text AS is_brand");
        yield return (Legacy, "THEN ep.competitor_name ELSE NULL::text END", "THEN btrim(ep.competitor_name) ELSE NULL::text END");
        yield return (Legacy, "THEN ep.competitor_name ELSE NULL::text END", "THEN lower(ep.competitor_name) ELSE NULL::text END");
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
        yield return (Rows, "NULLS FIRST, c.processed_at", "NULLS LAST, c.processed_at");
        yield return (Rows, "c.processed_at DESC NULLS LAST", "c.processed_at DESC NULLS FIRST");
        yield return (Rows, "c.processed_at DESC NULLS LAST", "c.processed_at NULLS LAST");
        yield return (Rows, "c.processed_at DESC NULLS LAST", "c.created_at DESC NULLS LAST");
        yield return (Rows, "c.processed_at DESC NULLS LAST, ", string.Empty);
        yield return (Rows, "c.id DESC ROWS", "c.id ROWS");
        yield return (Rows, "row_number() OVER result > 1 AND ", string.Empty);
        yield return (Rows, "NOT lag(c.competitor_name) OVER result IS DISTINCT FROM c.competitor_name AS superseded", "false AS superseded");
        yield return (Rows, "NOT lag(c.competitor_name) OVER result IS DISTINCT FROM c.competitor_name AS superseded", "lag(c.competitor_name) OVER result = c.competitor_name AS superseded");
        yield return (Rows, "first_value(c.is_brand) OVER result AS fact_exists", "true AS fact_exists");
        yield return (Rows, "first_value(c.brand_id) OVER result", "c.brand_id");
        yield return (Rows, "first_value(c.customer_id) OVER result", "c.customer_id");
        yield return (Rows, "first_value(c.query_id) OVER result", "c.query_id");
        yield return (Rows, "first_value(c.broken OR c.collector_type IS NULL OR octet_length(c.collector_type) > 2000 OR c.processed_at IS NULL) OVER result",
            "(c.broken OR c.collector_type IS NULL OR octet_length(c.collector_type) > 2000 OR c.processed_at IS NULL)");
        yield return (Rows, "first_value(c.broken OR c.collector_type IS NULL", "first_value(c.collector_type IS NULL");
        yield return (Rows, "c.broken OR c.collector_type IS NULL OR", "c.broken OR");
        yield return (Rows, "OR octet_length(c.collector_type) > 2000 ", string.Empty);
        yield return (Rows, "octet_length(c.collector_type) > 2000", "octet_length(c.collector_type) >= 2000");
        yield return (Rows, "octet_length(c.collector_type) > 2000", "octet_length(c.collector_type) > 2001");
        yield return (Rows, "octet_length(c.collector_type) > 2000", "length(c.collector_type) > 2000");
        yield return (Rows, " OR c.processed_at IS NULL)", ")");
        yield return (Rows, "first_value(c.out_of_range) OVER result", "c.out_of_range");
        yield return (Rows, "first_value(c.out_of_range) OVER result", "false");
    }

    private static IEnumerable<(string View, string From, string To)> Parents()
    {
        yield return (Rows, "COALESCE(k.fact_customer_id, b.customer_id) AS star_customer_id", "b.customer_id AS star_customer_id");
        yield return (Rows, "COALESCE(k.fact_customer_id, b.customer_id) AS star_customer_id", "k.fact_customer_id AS star_customer_id");
        yield return (Rows, "OR k.fact_brand_id IS NULL ", string.Empty);
        yield return (Rows, "OR k.fact_query_id IS NULL ", string.Empty);
        yield return (Rows, "OR COALESCE(k.fact_customer_id, b.customer_id) IS NULL AS fact_invalid", "AS fact_invalid");
        yield return (Rows, "b.id IS NULL AS brand_missing", "false AS brand_missing");
        yield return (Rows, "c.id IS NULL AS customer_missing", "false AS customer_missing");
        yield return (Rows, "q.id IS NULL AS query_missing", "false AS query_missing");
        yield return (Rows, "cr.id IS NULL AS result_missing", "false AS result_missing");
        yield return (Rows, "bc.brand_id = k.fact_brand_id AND", "bc.brand_id = k.brand_id AND");
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

        foreach (var condition in new[] { "NOT j.fact_exists OR ", "j.fact_invalid OR ", "j.fact_out_of_range OR " })
        {
            yield return (Rows, condition, string.Empty);
        }

        yield return (Rows, "j.fact_out_of_range OR j.brand_missing OR", "j.fact_out_of_range OR");
        yield return (Rows, "j.brand_missing OR j.customer_missing OR j.query_missing OR j.result_missing) THEN 'no_brand_row'", "j.brand_missing OR j.query_missing OR j.result_missing) THEN 'no_brand_row'");
        yield return (Rows, "j.brand_missing OR j.customer_missing OR j.query_missing OR j.result_missing) THEN 'no_brand_row'", "j.brand_missing OR j.customer_missing OR j.result_missing) THEN 'no_brand_row'");
        yield return (Rows, "j.brand_missing OR j.customer_missing OR j.query_missing OR j.result_missing) THEN 'no_brand_row'", "j.brand_missing OR j.customer_missing OR j.query_missing) THEN 'no_brand_row'");
        yield return (Rows, "WHEN j.superseded THEN 'superseded'::text WHEN CASE WHEN j.is_brand THEN j.fact_invalid ELSE j.broken END THEN 'invalid'::text",
            "WHEN CASE WHEN j.is_brand THEN j.fact_invalid ELSE j.broken END THEN 'invalid'::text WHEN j.superseded THEN 'superseded'::text");
        yield return (Rows, "CASE WHEN j.is_brand THEN j.fact_invalid ELSE j.broken END", "CASE WHEN j.is_brand THEN j.fact_invalid ELSE false END");
        yield return (Rows, "CASE WHEN j.is_brand THEN j.fact_invalid ELSE j.broken END", "CASE WHEN j.is_brand THEN j.broken ELSE j.broken END");
        yield return (Rows, "WHEN j.out_of_range THEN 'out_of_range'::text ", string.Empty);
        yield return (Rows, "btrim(j.sentiment_label) <> ''::text AND ", "j.sentiment_label IS NOT NULL AND ");
        yield return (Rows, "COALESCE(evidently_schema.metric_broken(r.visibility_index), false) OR ", string.Empty);
        yield return (Rows, "COALESCE(evidently_schema.metric_broken(r.share_of_answers), false) OR ", string.Empty);
        yield return (Rows, " OR COALESCE(evidently_schema.metric_broken(r.sentiment_score), false) AS out_of_range", " AS out_of_range");
        yield return (Rows, "r.positions_broken OR r.sentences_broken AS broken", "r.positions_broken AS broken");
        yield return (Rows, "r.positions_broken OR r.sentences_broken AS broken", "r.sentences_broken AS broken");
        yield return (Rows, "p.reason IS NULL OR p.reason = 'unknown_label'::text AS projected", "p.reason IS NULL AS projected");
    }

    private static IEnumerable<(string View, string From, string To)> Outputs()
    {
        yield return (Rows, "p.fact_brand_id AS brand_id", "p.customer_id AS brand_id");
        yield return (Rows, "p.star_customer_id AS customer_id", "p.brand_customer_id AS customer_id");
        yield return (Rows, "p.collector_type, COALESCE(p.topic", "lower(p.collector_type) AS collector_type, COALESCE(p.topic");
        yield return (Rows, "COALESCE(p.topic, p.query_topic)", "COALESCE(p.query_topic, p.topic)");
        yield return (Rows, "COALESCE(p.topic, p.query_topic)", "p.topic");
        yield return (Rows, "p.processed_at, p.created_at, p.competitor_id", "p.created_at AS processed_at, p.created_at, p.competitor_id");
        yield return (Rows, "p.processed_at, p.created_at, p.competitor_id", "p.processed_at, p.processed_at AS created_at, p.competitor_id");
        yield return (Rows, "evidently_schema.to_metric(p.visibility_index) AS visibility_index", "evidently_schema.to_metric(p.share_of_answers) AS visibility_index");
        yield return (Rows, "evidently_schema.to_metric(p.visibility_index) AS visibility_index", "trunc(p.visibility_index, 2) AS visibility_index");
        yield return (Rows, "evidently_schema.to_metric(p.share_of_answers) AS share_of_answers", "evidently_schema.to_metric(p.visibility_index) AS share_of_answers");
        yield return (Rows, "p.mentions, p.total_word_count", "p.total_word_count AS mentions, p.total_word_count");
        yield return (Rows, "p.star_label IS NOT NULL OR ", string.Empty);
        yield return (Rows, "p.star_label IS NOT NULL OR ", "p.sentiment_label IS NOT NULL OR ");
        yield return (Rows, "p.sentiment_score IS NOT NULL OR ", string.Empty);
        yield return (Rows, "p.sentiment_score IS NOT NULL OR ", "p.sentiment_score <> 0 OR ");
        yield return (Rows, "p.positive_sentences <> '[]'::jsonb OR ", string.Empty);
        yield return (Rows, " OR p.negative_sentences <> '[]'::jsonb AS has_sentiment", " AS has_sentiment");
        yield return (Rows, "p.star_label AS sentiment_label", "NULL::text AS sentiment_label");
        yield return (Rows, "evidently_schema.to_metric(p.sentiment_score) AS sentiment_score", "abs(evidently_schema.to_metric(p.sentiment_score)) AS sentiment_score");
        yield return (Rows, "p.positive_sentences, p.negative_sentences, COALESCE", "p.negative_sentences AS positive_sentences, p.negative_sentences, COALESCE");
        yield return (Rows, "p.positive_sentences, p.negative_sentences, COALESCE", "p.positive_sentences, p.positive_sentences AS negative_sentences, COALESCE");
    }
}
