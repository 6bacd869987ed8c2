-- The dashboard. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

-- One row, whatever there is: means over prompts of each prompt's means, so that a prompt asked often weighs no more than another.
SELECT evidently_schema.create_read('get_dashboard_metrics',
    'p_brand_id uuid, p_customer_id uuid, p_from timestamptz, p_to timestamptz, p_collector_types text[] DEFAULT NULL',
    'visibility numeric, share_of_answers numeric, sentiment numeric, brand_presence numeric, total_responses bigint, prompts bigint',
    'evidently_schema.legacy_created(p_brand_id, p_from, p_to, p_collector_types)',
    'r.brand_id = p_brand_id AND r.customer_id = p_customer_id AND r.created_at >= p_from AND r.created_at < p_to
        AND (p_collector_types IS NULL OR r.collector_type = ANY (p_collector_types))',
    $page$SELECT 100 * avg(q.visibility), sum(q.share) / nullif(sum(q.shares), 0), avg(q.sentiment),
        100.0 * count(*) FILTER (WHERE q.presence) / nullif(count(*), 0), coalesce(sum(q.responses), 0)::bigint, count(*)
    FROM (SELECT avg(r.visibility_index) AS visibility, sum(r.share_of_answers) AS share, count(r.share_of_answers) AS shares,
            avg(r.sentiment_score) AS sentiment, bool_or(r.has_brand_presence) AS presence, count(*) AS responses
        FROM results AS r GROUP BY r.query_id) AS q$page$,
    p_spanned => true);

-- A brand's days, computed live: the rows of the daily view.
SELECT evidently_schema.create_read('brand_days',
    'p_brand_id uuid, p_from timestamptz, p_to timestamptz',
    'brand_id uuid, customer_id uuid, collector_type text, metric_date date, avg_visibility numeric, avg_share numeric, presence_count bigint, total_responses bigint,
    avg_sentiment numeric, positive_count bigint, negative_count bigint, neutral_count bigint, first_response timestamptz, last_response timestamptz,
    sum_visibility numeric, visibility_count bigint, sum_share numeric, share_count bigint, sum_sentiment numeric, sentiment_count bigint',
    'evidently_schema.legacy_processed(p_brand_id, p_from, p_to)',
    'r.brand_id = p_brand_id AND r.processed_at >= p_from AND r.processed_at < p_to',
    $page$SELECT r.brand_id, r.customer_id, r.collector_type, (r.processed_at AT TIME ZONE 'UTC')::date, avg(r.visibility_index), avg(r.share_of_answers),
        count(*) FILTER (WHERE r.has_brand_presence), count(*), avg(r.sentiment_score), count(*) FILTER (WHERE r.sentiment_label = 'POSITIVE'),
        count(*) FILTER (WHERE r.sentiment_label = 'NEGATIVE'), count(*) FILTER (WHERE r.sentiment_label = 'NEUTRAL'), min(r.processed_at), max(r.processed_at),
        sum(r.visibility_index), count(r.visibility_index), sum(r.share_of_answers), count(r.share_of_answers), sum(r.sentiment_score), count(r.sentiment_score)
    FROM results AS r
    GROUP BY r.brand_id, r.customer_id, r.collector_type, (r.processed_at AT TIME ZONE 'UTC')::date$page$);

-- Asked for a day, or the part of one: few results, whose rows are found by the fact. Hashed, both tables were read whole while they were small.
ALTER FUNCTION evidently_schema.star_brand_days(uuid, timestamptz, timestamptz) SET enable_hashjoin = off SET enable_mergejoin = off;

-- The page: both days inclusive, from legacy.
CREATE OR REPLACE FUNCTION evidently_schema.legacy_get_brand_visibility_metrics(p_brand_id uuid, p_start_date date, p_end_date date, p_collector_types text[] DEFAULT NULL)
RETURNS TABLE (brand_id uuid, customer_id uuid, collector_type text, metric_date date, avg_visibility numeric, avg_share numeric, presence_count bigint, total_responses bigint,
    avg_sentiment numeric, positive_count bigint, negative_count bigint, neutral_count bigint, first_response timestamptz, last_response timestamptz,
    sum_visibility numeric, visibility_count bigint, sum_share numeric, share_count bigint, sum_sentiment numeric, sentiment_count bigint)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT d.* FROM evidently_schema.legacy_brand_days(p_brand_id, evidently_schema.day_start(p_start_date), evidently_schema.day_end(p_end_date)) AS d
    WHERE p_collector_types IS NULL OR d.collector_type = ANY (p_collector_types)
    ORDER BY d.metric_date, d.collector_type COLLATE "C", d.customer_id;
END
$function$;

-- The same of the star: from the daily view, but for the days touched since its last refresh, which are computed live. All are where row security
-- applies to the caller, of which a materialized view knows nothing, where the view may not be read, or is empty.
CREATE OR REPLACE FUNCTION evidently_schema.star_get_brand_visibility_metrics(p_brand_id uuid, p_start_date date, p_end_date date, p_collector_types text[] DEFAULT NULL)
RETURNS TABLE (brand_id uuid, customer_id uuid, collector_type text, metric_date date, avg_visibility numeric, avg_share numeric, presence_count bigint, total_responses bigint,
    avg_sentiment numeric, positive_count bigint, negative_count bigint, neutral_count bigint, first_response timestamptz, last_response timestamptz,
    sum_visibility numeric, visibility_count bigint, sum_share numeric, share_count bigint, sum_sentiment numeric, sentiment_count bigint)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    live boolean := row_security_active('public.metric_facts') OR row_security_active('public.brand_metrics') OR row_security_active('public.brand_sentiment')
        OR NOT has_table_privilege('public.mv_brand_daily_metrics', 'SELECT') OR NOT has_table_privilege('evidently_schema.touched_days', 'SELECT')
        OR NOT (SELECT c.relispopulated FROM pg_class AS c WHERE c.oid = 'public.mv_brand_daily_metrics'::regclass);
BEGIN
    IF NOT live THEN -- asked apart: who may not read the table must not be asked
        live := EXISTS (SELECT FROM evidently_schema.touched_days AS t WHERE t.brand_id IS NULL);
    END IF;
    IF live THEN
        RETURN QUERY
        SELECT d.* FROM evidently_schema.star_brand_days(p_brand_id, evidently_schema.day_start(p_start_date), evidently_schema.day_end(p_end_date)) AS d
        WHERE p_collector_types IS NULL OR d.collector_type = ANY (p_collector_types)
        ORDER BY d.metric_date, d.collector_type COLLATE "C", d.customer_id;
        RETURN;
    END IF;
    RETURN QUERY
    WITH RECURSIVE touched AS ( -- from day to day by the index: a day is listed once a change
        SELECT (SELECT min(t.metric_date) FROM evidently_schema.touched_days AS t WHERE t.brand_id = p_brand_id AND t.metric_date BETWEEN p_start_date AND p_end_date) AS metric_date
        UNION ALL
        SELECT (SELECT min(t.metric_date) FROM evidently_schema.touched_days AS t WHERE t.brand_id = p_brand_id AND t.metric_date > n.metric_date AND t.metric_date <= p_end_date)
        FROM touched AS n WHERE n.metric_date IS NOT NULL
    )
    SELECT d.*
    FROM (
        SELECT m.brand_id, m.customer_id, m.collector_type, m.metric_date, m.avg_visibility, m.avg_share, m.presence_count, m.total_responses, m.avg_sentiment,
            m.positive_count, m.negative_count, m.neutral_count, m.first_response, m.last_response, m.sum_visibility, m.visibility_count, m.sum_share, m.share_count,
            m.sum_sentiment, m.sentiment_count
        FROM public.mv_brand_daily_metrics AS m
        WHERE m.brand_id = p_brand_id AND m.metric_date BETWEEN p_start_date AND p_end_date AND m.metric_date < 'infinity' AND NOT EXISTS (SELECT FROM touched AS t WHERE t.metric_date = m.metric_date)
        UNION ALL
        SELECT l.*
        FROM touched AS t
        CROSS JOIN LATERAL evidently_schema.star_brand_days(p_brand_id, evidently_schema.day_start(t.metric_date), evidently_schema.day_end(t.metric_date)) AS l
        WHERE t.metric_date IS NOT NULL
    ) AS d
    WHERE p_collector_types IS NULL OR d.collector_type = ANY (p_collector_types)
    ORDER BY d.metric_date, d.collector_type COLLATE "C", d.customer_id;
END
$function$;

SELECT evidently_schema.restrict_access('evidently_schema.legacy_get_brand_visibility_metrics', 'evidently_schema.star_get_brand_visibility_metrics');

SELECT evidently_schema.route_read('get_dashboard_metrics', 'The dashboard''s figures, one row: results of the brand created from p_from to before p_to.');
SELECT evidently_schema.route_read('get_brand_visibility_metrics', 'A brand''s days (UTC, both inclusive) by customer and collector: the rows of mv_brand_daily_metrics, never staler than the star.');

$step$);
