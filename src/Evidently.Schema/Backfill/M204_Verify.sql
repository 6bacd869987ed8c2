-- Verification: star = projection, and every legacy row is projected or rejected. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

CREATE TABLE IF NOT EXISTS evidently_schema.verifications (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    took interval NOT NULL,
    ok boolean NOT NULL,
    pending bigint NOT NULL,
    rounded_values bigint NOT NULL,
    other_customers bigint NOT NULL,
    checks jsonb NOT NULL
);

COMMENT ON TABLE evidently_schema.verifications IS
    'What verify() found, and when; rounded_values: metrics rounded to two decimals; other_customers: results whose customer is not their brand''s of today';

-- Results that are noted, under whatever kind of note: they count as pending, not as different. Under a parent's note that is every
-- rejected result too, since which of them wait for that parent is only known when it is expanded. And results written to the star alone (phase 5),
-- of which legacy says nothing.
CREATE OR REPLACE VIEW evidently_schema.covered_results WITH (security_invoker = true) AS
SELECT n.collector_result_id FROM evidently_schema.change_notes AS n WHERE n.kind IN ('result', 'collector_result') AND n.collector_result_id IS NOT NULL
UNION
SELECT f.collector_result_id FROM evidently_schema.parent_notes AS n JOIN public.metric_facts AS f ON f.brand_id = n.brand_id
UNION
SELECT f.collector_result_id FROM evidently_schema.parent_notes AS n JOIN public.metric_facts AS f ON f.query_id = n.query_id
UNION
SELECT f.collector_result_id FROM evidently_schema.parent_notes AS n JOIN public.metric_facts AS f ON f.customer_id = n.customer_id
UNION
SELECT x.collector_result_id FROM evidently_schema.rejected_rows AS x
WHERE x.collector_result_id IS NOT NULL AND EXISTS (SELECT FROM evidently_schema.parent_notes)
UNION
SELECT s.collector_result_id FROM evidently_schema.star_only_results AS s;

-- Each legacy row beside the star rows it should have made, in one pass over legacy: which of them are missing or differ. What only an
-- INSERT could refuse (detail SQLSTATE …) wants no star row. Computed once a row, however many counts are made of it.
CREATE OR REPLACE VIEW evidently_schema.compared_rows WITH (security_invoker = true) AS
SELECT
    p.collector_result_id,
    p.legacy_id,
    p.projected AND p.is_brand AND (r.detail LIKE 'SQLSTATE %') IS NOT TRUE AS wants_fact,
    p.projected AND NOT p.is_brand AND (r.detail LIKE 'SQLSTATE %') IS NOT TRUE AS wants_competitor,
    p.projected AND p.is_brand AND p.has_sentiment AND (r.detail LIKE 'SQLSTATE %') IS NOT TRUE AS wants_brand_sentiment,
    p.projected AND NOT p.is_brand AND p.has_sentiment AND (r.detail LIKE 'SQLSTATE %') IS NOT TRUE AS wants_competitor_sentiment,
    f.id AS fact_id, bm.id AS brand_metrics_id, cm.id AS competitor_metrics_id, bs.id AS brand_sentiment_id, cs.id AS competitor_sentiment_id,
    p.is_brand AND (f.brand_id, f.customer_id, f.query_id, f.collector_type, f.topic, f.processed_at, f.created_at)
        IS DISTINCT FROM (p.brand_id, p.customer_id, p.query_id, p.collector_type, p.topic, p.processed_at, p.created_at) AS fact_differs,
    p.is_brand AND (bm.visibility_index, bm.share_of_answers, bm.has_brand_presence, bm.brand_first_position, bm.brand_positions, bm.total_brand_mentions,
            bm.total_word_count)
        IS DISTINCT FROM (p.visibility_index, p.share_of_answers, p.has_brand_presence, p.brand_first_position, p.positions, p.mentions,
            p.total_word_count) AS brand_metrics_differ,
    NOT p.is_brand AND (cm.visibility_index, cm.share_of_answers, cm.competitor_positions, cm.competitor_mentions)
        IS DISTINCT FROM (p.visibility_index, p.share_of_answers, p.positions, p.mentions) AS competitor_metrics_differ,
    p.is_brand AND (bs.sentiment_label, bs.sentiment_score, bs.positive_sentences, bs.negative_sentences)
        IS DISTINCT FROM (p.sentiment_label, p.sentiment_score, p.positive_sentences, p.negative_sentences) AS brand_sentiment_differs,
    NOT p.is_brand AND (cs.sentiment_label, cs.sentiment_score, cs.positive_sentences, cs.negative_sentences)
        IS DISTINCT FROM (p.sentiment_label, p.sentiment_score, p.positive_sentences, p.negative_sentences) AS competitor_sentiment_differs,
    CASE WHEN p.projected AND r.detail LIKE 'SQLSTATE %' THEN 'invalid' ELSE p.reason END AS reason,
    r.reason AS listed_reason,
    CASE WHEN p.projected THEN p.rounded ELSE 0 END AS rounded,
    p.projected AND p.other_customer AS other_customer,
    evidently_schema.computed_once() AS computed_once
FROM evidently_schema.projected_rows AS p
LEFT JOIN evidently_schema.rejected_rows AS r ON r.legacy_id = p.legacy_id
LEFT JOIN public.metric_facts AS f ON f.collector_result_id = p.collector_result_id
LEFT JOIN public.brand_metrics AS bm ON bm.metric_fact_id = CASE WHEN p.is_brand THEN f.id END
LEFT JOIN public.competitor_metrics AS cm ON cm.metric_fact_id = CASE WHEN NOT p.is_brand THEN f.id END AND cm.competitor_id = p.competitor_id
LEFT JOIN public.brand_sentiment AS bs ON bs.metric_fact_id = CASE WHEN p.is_brand THEN f.id END
LEFT JOIN public.competitor_sentiment AS cs ON cs.metric_fact_id = CASE WHEN NOT p.is_brand THEN f.id END AND cs.competitor_id = p.competitor_id
-- a row without result is pending under its own note, one with a result under the result's
WHERE NOT EXISTS (SELECT FROM evidently_schema.covered_results AS c WHERE c.collector_result_id = p.collector_result_id)
    AND NOT EXISTS (SELECT FROM evidently_schema.change_notes AS n WHERE n.kind = 'row' AND n.key = p.legacy_id);

-- Compares everything in one statement, one snapshot. Noted results count as pending, days touched since the daily view's refresh are left
-- out. By hash joins: what the planner expects of empty note tables makes it sort all of legacy. Under a note of everything (after a TRUNCATE) nothing can be said: no check is ok. Changes nothing but its own record.
CREATE OR REPLACE FUNCTION evidently_schema.verify()
RETURNS TABLE (check_name text, missing bigint, extra bigint, different bigint, ok boolean)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_mergejoin = off SET enable_nestloop = off SET jit = off SET work_mem = '128MB'
AS $function$
DECLARE
    started constant timestamptz := clock_timestamp();
    found jsonb;
    waiting bigint;
    rounded bigint;
    others bigint;
BEGIN
    WITH rows_compared AS (
        SELECT
            count(*) FILTER (WHERE c.wants_fact AND c.fact_id IS NULL) AS fact_missing,
            count(*) FILTER (WHERE c.wants_fact AND c.fact_differs) AS fact_wrong,
            count(*) FILTER (WHERE c.wants_fact) AS fact_wanted,
            count(*) FILTER (WHERE c.wants_fact AND c.brand_metrics_id IS NULL) AS bm_missing,
            count(*) FILTER (WHERE c.wants_fact AND c.brand_metrics_differ AND c.brand_metrics_id IS NOT NULL) AS bm_wrong,
            count(*) FILTER (WHERE c.wants_competitor AND c.competitor_metrics_id IS NULL) AS cm_missing,
            count(*) FILTER (WHERE c.wants_competitor AND c.competitor_metrics_differ AND c.competitor_metrics_id IS NOT NULL) AS cm_wrong,
            count(*) FILTER (WHERE c.wants_competitor) AS cm_wanted,
            count(*) FILTER (WHERE c.wants_brand_sentiment AND c.brand_sentiment_id IS NULL) AS bs_missing,
            count(*) FILTER (WHERE c.wants_brand_sentiment AND c.brand_sentiment_differs AND c.brand_sentiment_id IS NOT NULL) AS bs_wrong,
            count(*) FILTER (WHERE c.wants_brand_sentiment) AS bs_wanted,
            count(*) FILTER (WHERE c.wants_competitor_sentiment AND c.competitor_sentiment_id IS NULL) AS cs_missing,
            count(*) FILTER (WHERE c.wants_competitor_sentiment AND c.competitor_sentiment_differs AND c.competitor_sentiment_id IS NOT NULL)
                AS cs_wrong,
            count(*) FILTER (WHERE c.wants_competitor_sentiment) AS cs_wanted,
            count(*) FILTER (WHERE c.reason IS NOT NULL AND c.listed_reason IS NULL) AS reason_missing,
            count(*) FILTER (WHERE c.reason <> c.listed_reason) AS reason_wrong,
            count(*) FILTER (WHERE c.reason IS NOT NULL) AS reason_wanted,
            coalesce(sum(c.rounded), 0) AS rounded_values,
            count(*) FILTER (WHERE c.other_customer) AS other_customers
        FROM evidently_schema.compared_rows AS c
    ),
    covered AS MATERIALIZED (
        SELECT c.collector_result_id, f.id FROM evidently_schema.covered_results AS c
        LEFT JOIN public.metric_facts AS f ON f.collector_result_id = c.collector_result_id
    ),
    star AS (
        SELECT
            (SELECT count(*) FROM public.metric_facts) - (SELECT count(covered.id) FROM covered) AS facts,
            (SELECT count(*) FROM public.brand_metrics)
                - (SELECT count(*) FROM covered JOIN public.brand_metrics AS t ON t.metric_fact_id = covered.id) AS bm,
            (SELECT count(*) FROM public.competitor_metrics)
                - (SELECT count(*) FROM covered JOIN public.competitor_metrics AS t ON t.metric_fact_id = covered.id) AS cm,
            (SELECT count(*) FROM public.brand_sentiment)
                - (SELECT count(*) FROM covered JOIN public.brand_sentiment AS t ON t.metric_fact_id = covered.id) AS bs,
            (SELECT count(*) FROM public.competitor_sentiment)
                - (SELECT count(*) FROM covered JOIN public.competitor_sentiment AS t ON t.metric_fact_id = covered.id) AS cs,
            (SELECT count(*) FROM evidently_schema.rejected_rows AS r
                WHERE NOT EXISTS (SELECT FROM covered WHERE covered.collector_result_id = r.collector_result_id)
                    AND NOT EXISTS (SELECT FROM evidently_schema.change_notes AS n WHERE n.kind = 'row' AND n.key = r.legacy_id)) AS rejected,
            EXISTS (SELECT FROM evidently_schema.change_notes AS n WHERE n.kind = 'all') AS unknown,
            (SELECT count(*) FROM evidently_schema.pending_results) AS pending
    ),
    days AS (
        SELECT count(*) FILTER (WHERE m.brand_id IS NULL) AS missing, count(*) FILTER (WHERE d.brand_id IS NULL) AS extra,
            count(*) FILTER (WHERE m.brand_id IS NOT NULL AND d.brand_id IS NOT NULL AND to_jsonb(m) <> to_jsonb(d)) AS wrong
        FROM (SELECT v.* FROM evidently_schema.daily_metrics AS v) AS d
        FULL JOIN public.mv_brand_daily_metrics AS m
            ON m.brand_id = d.brand_id AND m.customer_id = d.customer_id AND m.collector_type = d.collector_type AND m.metric_date = d.metric_date
        WHERE NOT EXISTS (SELECT FROM evidently_schema.touched_days AS t WHERE t.brand_id = coalesce(d.brand_id, m.brand_id)
                AND t.metric_date = coalesce(d.metric_date, m.metric_date))
            AND NOT EXISTS (SELECT FROM evidently_schema.touched_days AS t WHERE t.brand_id IS NULL)
    )
    SELECT jsonb_agg(jsonb_build_object('check_name', v.name, 'missing', v.missing, 'extra', v.extra, 'different', v.wrong,
            'ok', v.missing = 0 AND v.extra = 0 AND v.wrong = 0 AND NOT star.unknown) ORDER BY v.n), max(star.pending), max(c.rounded_values), max(c.other_customers)
    INTO found, waiting, rounded, others
    FROM rows_compared AS c CROSS JOIN star CROSS JOIN days CROSS JOIN LATERAL (VALUES
        (1, 'metric_facts', c.fact_missing, star.facts - (c.fact_wanted - c.fact_missing), c.fact_wrong - c.fact_missing),
        (2, 'brand_metrics', c.bm_missing, star.bm - (c.fact_wanted - c.bm_missing), c.bm_wrong),
        (3, 'competitor_metrics', c.cm_missing, star.cm - (c.cm_wanted - c.cm_missing), c.cm_wrong),
        (4, 'brand_sentiment', c.bs_missing, star.bs - (c.bs_wanted - c.bs_missing), c.bs_wrong),
        (5, 'competitor_sentiment', c.cs_missing, star.cs - (c.cs_wanted - c.cs_missing), c.cs_wrong),
        (6, 'mv_brand_daily_metrics', days.missing, days.extra, days.wrong),
        (7, 'conservation', c.reason_missing, star.rejected - (c.reason_wanted - c.reason_missing), c.reason_wrong)
    ) AS v (n, name, missing, extra, wrong);

    INSERT INTO evidently_schema.verifications (took, ok, pending, rounded_values, other_customers, checks)
    VALUES (clock_timestamp() - started, NOT found @? '$[*] ? (@.ok == false)', waiting, rounded, others, found);
    RETURN QUERY SELECT f.* FROM jsonb_to_recordset(found) AS f (check_name text, missing bigint, extra bigint, different bigint, ok boolean);
END
$function$;

SELECT evidently_schema.restrict_access('evidently_schema.verifications', 'evidently_schema.covered_results', 'evidently_schema.compared_rows',
    'evidently_schema.verify');

$step$);
