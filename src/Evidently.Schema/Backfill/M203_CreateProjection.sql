-- The mapping. projected_rows gives each legacy row its reason, or none, and its star values; the views after it are its slices, one a star
-- table. All windows are partitioned by collector_result_id, so that a filter on it reaches the index. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

CREATE OR REPLACE VIEW evidently_schema.projected_rows WITH (security_invoker = true) AS
SELECT
    p.id::text AS legacy_id,
    p.collector_result_id,
    p.is_brand,
    p.reason,
    CASE p.reason
        WHEN 'missing_parent' THEN concat_ws(', ', CASE WHEN p.brand_missing THEN 'brands' END, CASE WHEN p.customer_missing THEN 'customers' END,
            CASE WHEN p.query_missing THEN 'generated_queries' END, CASE WHEN p.result_missing THEN 'collector_results' END)
        WHEN 'invalid' THEN concat_ws(', ', CASE WHEN p.positions_broken THEN 'positions' END,
            CASE WHEN p.positive_sentences IS NULL THEN 'positive sentences' END, CASE WHEN p.negative_sentences IS NULL THEN 'negative sentences' END,
            CASE WHEN p.is_brand AND p.brand_id IS NULL THEN 'brand_id' END, CASE WHEN p.is_brand AND p.customer_id IS NULL THEN 'customer_id' END,
            CASE WHEN p.is_brand AND p.query_id IS NULL THEN 'query_id' END, CASE WHEN p.is_brand AND p.collector_type IS NULL THEN 'collector_type' END,
            CASE WHEN p.is_brand AND p.processed_at IS NULL THEN 'processed_at' END)
        WHEN 'out_of_range' THEN concat_ws(', ',
            CASE WHEN p.star_visibility IS NULL AND p.visibility_index IS NOT NULL THEN 'visibility_index' END,
            CASE WHEN p.star_share IS NULL AND p.share_of_answers IS NOT NULL THEN 'share_of_answers' END,
            CASE WHEN p.star_score IS NULL AND p.sentiment_score IS NOT NULL THEN 'sentiment_score' END)
    END AS detail,
    p.reason IS NULL OR p.reason = 'unknown_label' AS projected,
    p.brand_id,
    p.customer_id,
    p.query_id,
    p.collector_type,
    p.topic,
    p.processed_at,
    p.created_at,
    p.competitor_id,
    p.star_visibility AS visibility_index,
    p.star_share AS share_of_answers,
    p.has_brand_presence,
    p.brand_first_position,
    p.positions,
    p.mentions,
    p.total_word_count,
    p.sentiment_label IS NOT NULL OR p.sentiment_score IS NOT NULL OR p.positive_sentences <> '[]' OR p.negative_sentences <> '[]' AS has_sentiment,
    p.sentiment_label,
    p.star_score AS sentiment_score,
    p.positive_sentences,
    p.negative_sentences,
    coalesce((p.visibility_index <> p.star_visibility)::integer, 0) + coalesce((p.share_of_answers <> p.star_share)::integer, 0)
        + coalesce((p.sentiment_score <> p.star_score)::integer, 0) AS rounded,
    p.is_brand AND p.customer_id IS DISTINCT FROM p.brand_customer_id AS other_customer
FROM (
    SELECT k.id, k.collector_result_id, k.is_brand, k.collector_type, k.processed_at, k.created_at, k.visibility_index, k.share_of_answers,
        k.star_visibility, k.star_share, k.star_score,
        k.has_brand_presence, k.brand_first_position, k.positions, k.positions_broken, k.mentions, k.total_word_count, k.sentiment_score,
        k.positive_sentences, k.negative_sentences,
        k.fact_brand_id AS brand_id,
        coalesce(k.fact_customer_id, b.customer_id) AS customer_id,
        k.fact_query_id AS query_id,
        coalesce(k.topic, q.topic) AS topic,
        bc.id AS competitor_id,
        evidently_schema.to_label(k.sentiment_label) AS sentiment_label,
        b.customer_id AS brand_customer_id,
        b.id IS NULL AS brand_missing,
        c.id IS NULL AS customer_missing,
        q.id IS NULL AS query_missing,
        cr.id IS NULL AS result_missing,
        CASE
            WHEN k.collector_result_id IS NULL THEN 'no_result_id'
            WHEN NOT k.is_brand AND (k.fact_unusable OR b.id IS NULL OR c.id IS NULL OR q.id IS NULL OR cr.id IS NULL) THEN 'no_brand_row'
            WHEN k.superseded THEN 'superseded'
            WHEN k.broken OR k.is_brand AND (k.collector_type IS NULL OR k.processed_at IS NULL OR k.fact_brand_id IS NULL
                OR k.fact_query_id IS NULL OR coalesce(k.fact_customer_id, b.customer_id) IS NULL) THEN 'invalid'
            WHEN b.id IS NULL OR c.id IS NULL OR q.id IS NULL OR cr.id IS NULL THEN 'missing_parent'
            WHEN NOT k.is_brand AND bc.id IS NULL THEN 'unknown_competitor'
            WHEN k.out_of_range THEN 'out_of_range'
            WHEN btrim(k.sentiment_label) <> '' AND evidently_schema.to_label(k.sentiment_label) IS NULL THEN 'unknown_label'
        END AS reason,
        evidently_schema.computed_once() AS computed_once
    FROM (
        -- In a result's order the newest brand row comes first, then each competitor's rows, newest first; no competitor is called ''.
        SELECT r.id, r.collector_result_id, r.is_brand, r.competitor_name, r.collector_type, r.topic, r.processed_at, r.created_at,
            r.visibility_index, r.share_of_answers, r.star_visibility, r.star_share, r.star_score, r.has_brand_presence, r.brand_first_position, r.positions, r.positions_broken, r.mentions,
            r.total_word_count, r.sentiment_label, r.sentiment_score, r.positive_sentences, r.negative_sentences,
            r.star_visibility IS NULL AND r.visibility_index IS NOT NULL OR r.star_share IS NULL AND r.share_of_answers IS NOT NULL
                OR r.star_score IS NULL AND r.sentiment_score IS NOT NULL AS out_of_range,
            r.positions_broken OR r.positive_sentences IS NULL OR r.negative_sentences IS NULL AS broken,
            lag(r.competitor_name, 1, '') OVER result IS NOT DISTINCT FROM r.competitor_name AS superseded,
            first_value(r.brand_id) OVER result AS fact_brand_id,
            first_value(r.customer_id) OVER result AS fact_customer_id,
            first_value(r.query_id) OVER result AS fact_query_id,
            first_value(NOT r.is_brand OR r.positions_broken OR r.positive_sentences IS NULL OR r.negative_sentences IS NULL
                OR r.collector_type IS NULL OR r.processed_at IS NULL OR r.star_visibility IS NULL AND r.visibility_index IS NOT NULL
                OR r.star_share IS NULL AND r.share_of_answers IS NOT NULL OR r.star_score IS NULL AND r.sentiment_score IS NOT NULL) OVER result AS fact_unusable
        FROM (
            SELECT l.*,
                evidently_schema.to_metric(l.visibility_index) AS star_visibility,
                evidently_schema.to_metric(l.share_of_answers) AS star_share,
                evidently_schema.to_metric(l.sentiment_score) AS star_score
            FROM evidently_schema.legacy_rows AS l
            ORDER BY l.collector_result_id
        ) AS r
        WINDOW result AS (
            PARTITION BY r.collector_result_id
            ORDER BY r.competitor_name COLLATE "C" NULLS FIRST, r.processed_at DESC NULLS LAST, r.id DESC
            ROWS UNBOUNDED PRECEDING)
    ) AS k
    LEFT JOIN public.brands AS b ON b.id = k.fact_brand_id
    LEFT JOIN public.customers AS c ON c.id = coalesce(k.fact_customer_id, b.customer_id)
    LEFT JOIN evidently_schema.query_topics AS q ON q.id = k.fact_query_id
    LEFT JOIN public.collector_results AS cr ON cr.id = k.collector_result_id
    LEFT JOIN public.brand_competitors AS bc ON bc.brand_id = k.fact_brand_id AND bc.competitor_name = k.competitor_name
) AS p;

COMMENT ON VIEW evidently_schema.projected_rows IS 'Each legacy row with its star values and the reason it is rejected, if it is; filter by collector_result_id = ANY (…)';

CREATE OR REPLACE VIEW evidently_schema.projected_metric_facts WITH (security_invoker = true) AS
SELECT p.collector_result_id, p.brand_id, p.customer_id, p.query_id, p.collector_type, p.topic, p.processed_at, p.created_at
FROM evidently_schema.projected_rows AS p WHERE p.is_brand AND p.projected;

CREATE OR REPLACE VIEW evidently_schema.projected_brand_metrics WITH (security_invoker = true) AS
SELECT p.collector_result_id, p.visibility_index, p.share_of_answers, p.has_brand_presence, p.brand_first_position, p.positions AS brand_positions,
    p.mentions AS total_brand_mentions, p.total_word_count
FROM evidently_schema.projected_rows AS p WHERE p.is_brand AND p.projected;

CREATE OR REPLACE VIEW evidently_schema.projected_competitor_metrics WITH (security_invoker = true) AS
SELECT p.collector_result_id, p.competitor_id, p.visibility_index, p.share_of_answers, p.positions AS competitor_positions,
    p.mentions AS competitor_mentions
FROM evidently_schema.projected_rows AS p WHERE NOT p.is_brand AND p.projected;

CREATE OR REPLACE VIEW evidently_schema.projected_brand_sentiment WITH (security_invoker = true) AS
SELECT p.collector_result_id, p.sentiment_label, p.sentiment_score, p.positive_sentences, p.negative_sentences
FROM evidently_schema.projected_rows AS p WHERE p.is_brand AND p.projected AND p.has_sentiment;

CREATE OR REPLACE VIEW evidently_schema.projected_competitor_sentiment WITH (security_invoker = true) AS
SELECT p.collector_result_id, p.competitor_id, p.sentiment_label, p.sentiment_score, p.positive_sentences, p.negative_sentences
FROM evidently_schema.projected_rows AS p WHERE NOT p.is_brand AND p.projected AND p.has_sentiment;

CREATE OR REPLACE VIEW evidently_schema.projected_rejected_rows WITH (security_invoker = true) AS
SELECT p.legacy_id, p.collector_result_id, p.reason, nullif(p.detail, '') AS detail
FROM evidently_schema.projected_rows AS p WHERE p.reason IS NOT NULL;

SELECT evidently_schema.restrict_access('evidently_schema.projected_rows', 'evidently_schema.projected_metric_facts',
    'evidently_schema.projected_brand_metrics', 'evidently_schema.projected_competitor_metrics', 'evidently_schema.projected_brand_sentiment',
    'evidently_schema.projected_competitor_sentiment', 'evidently_schema.projected_rejected_rows');

$step$);
