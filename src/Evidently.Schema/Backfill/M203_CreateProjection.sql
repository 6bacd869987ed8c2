-- The mapping. projected_rows gives each legacy row its reason, or none, and its star values; the views after it are its slices, one a star
-- table. All windows are partitioned by collector_result_id, so that a filter on it reaches the index. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

CREATE OR REPLACE VIEW evidently_schema.projected_rows WITH (security_invoker = true) AS
WITH checked AS (
    SELECT r.*,
        r.positions_broken OR r.sentences_broken AS broken,
        coalesce(evidently_schema.metric_broken(r.visibility_index), false) OR coalesce(evidently_schema.metric_broken(r.share_of_answers), false)
            OR coalesce(evidently_schema.metric_broken(r.sentiment_score), false) AS out_of_range
    FROM evidently_schema.legacy_rows AS r
),
-- In a result's order the newest brand row comes first, then each competitor's rows, newest first.
ranked AS (
    SELECT c.*,
        row_number() OVER result > 1 AND lag(c.competitor_name) OVER result IS NOT DISTINCT FROM c.competitor_name AS superseded,
        first_value(c.is_brand) OVER result AS fact_exists,
        first_value(c.brand_id) OVER result AS fact_brand_id,
        first_value(c.customer_id) OVER result AS fact_customer_id,
        first_value(c.query_id) OVER result AS fact_query_id,
        first_value(c.broken OR c.collector_type IS NULL OR octet_length(c.collector_type) > 2000 OR c.processed_at IS NULL) OVER result AS fact_broken,
        first_value(c.out_of_range) OVER result AS fact_out_of_range
    FROM checked AS c
    WINDOW result AS (
        PARTITION BY c.collector_result_id
        ORDER BY c.competitor_name COLLATE "C" NULLS FIRST, c.processed_at DESC NULLS LAST, c.id DESC
        ROWS UNBOUNDED PRECEDING)
),
joined AS (
    SELECT k.*,
        coalesce(k.fact_customer_id, b.customer_id) AS star_customer_id,
        b.customer_id AS brand_customer_id,
        q.topic AS query_topic,
        bc.id AS competitor_id,
        k.fact_broken OR k.fact_brand_id IS NULL OR k.fact_query_id IS NULL OR coalesce(k.fact_customer_id, b.customer_id) IS NULL AS fact_invalid,
        b.id IS NULL AS brand_missing,
        c.id IS NULL AS customer_missing,
        q.id IS NULL AS query_missing,
        cr.id IS NULL AS result_missing
    FROM ranked AS k
    LEFT JOIN public.brands AS b ON b.id = k.fact_brand_id
    LEFT JOIN public.customers AS c ON c.id = coalesce(k.fact_customer_id, b.customer_id)
    LEFT JOIN evidently_schema.query_topics AS q ON q.id = k.fact_query_id
    LEFT JOIN public.collector_results AS cr ON cr.id = k.collector_result_id
    LEFT JOIN public.brand_competitors AS bc ON bc.brand_id = k.fact_brand_id AND bc.competitor_name = k.competitor_name
),
judged AS (
    SELECT j.*,
        evidently_schema.to_label(j.sentiment_label) AS star_label,
        CASE
            WHEN j.collector_result_id IS NULL THEN 'no_result_id'
            WHEN NOT j.is_brand AND (NOT j.fact_exists OR j.fact_invalid OR j.fact_out_of_range
                OR j.brand_missing OR j.customer_missing OR j.query_missing OR j.result_missing) THEN 'no_brand_row'
            WHEN j.superseded THEN 'superseded'
            WHEN CASE WHEN j.is_brand THEN j.fact_invalid ELSE j.broken END THEN 'invalid'
            WHEN j.is_brand AND (j.brand_missing OR j.customer_missing OR j.query_missing OR j.result_missing) THEN 'missing_parent'
            WHEN NOT j.is_brand AND j.competitor_id IS NULL THEN 'unknown_competitor'
            WHEN j.out_of_range THEN 'out_of_range'
            WHEN btrim(j.sentiment_label) <> '' AND evidently_schema.to_label(j.sentiment_label) IS NULL THEN 'unknown_label'
        END AS reason
    FROM joined AS j
)
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
            CASE WHEN p.is_brand AND p.brand_id IS NULL THEN 'brand_id' END, CASE WHEN p.is_brand AND p.star_customer_id IS NULL THEN 'customer_id' END,
            CASE WHEN p.is_brand AND p.query_id IS NULL THEN 'query_id' END,
            CASE WHEN p.is_brand AND (p.collector_type IS NULL OR octet_length(p.collector_type) > 2000) THEN 'collector_type' END,
            CASE WHEN p.is_brand AND p.processed_at IS NULL THEN 'processed_at' END)
        WHEN 'out_of_range' THEN concat_ws(', ',
            CASE WHEN evidently_schema.metric_broken(p.visibility_index) THEN 'visibility_index' END,
            CASE WHEN evidently_schema.metric_broken(p.share_of_answers) THEN 'share_of_answers' END,
            CASE WHEN evidently_schema.metric_broken(p.sentiment_score) THEN 'sentiment_score' END)
    END AS detail,
    p.reason IS NULL OR p.reason = 'unknown_label' AS projected,
    p.fact_brand_id AS brand_id,
    p.star_customer_id AS customer_id,
    p.fact_query_id AS query_id,
    p.collector_type,
    coalesce(p.topic, p.query_topic) AS topic,
    p.processed_at,
    p.created_at,
    p.competitor_id,
    evidently_schema.to_metric(p.visibility_index) AS visibility_index,
    evidently_schema.to_metric(p.share_of_answers) AS share_of_answers,
    p.has_brand_presence,
    p.brand_first_position,
    p.positions,
    p.mentions,
    p.total_word_count,
    p.star_label IS NOT NULL OR p.sentiment_score IS NOT NULL OR p.positive_sentences <> '[]' OR p.negative_sentences <> '[]' AS has_sentiment,
    p.star_label AS sentiment_label,
    evidently_schema.to_metric(p.sentiment_score) AS sentiment_score,
    p.positive_sentences,
    p.negative_sentences,
    coalesce((p.visibility_index <> evidently_schema.to_metric(p.visibility_index))::integer, 0)
        + coalesce((p.share_of_answers <> evidently_schema.to_metric(p.share_of_answers))::integer, 0)
        + coalesce((p.sentiment_score <> evidently_schema.to_metric(p.sentiment_score))::integer, 0) AS rounded,
    p.is_brand AND p.star_customer_id IS DISTINCT FROM p.brand_customer_id AS other_customer
FROM judged AS p;

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
