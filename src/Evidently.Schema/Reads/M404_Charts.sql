-- The visibility charts. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

-- Per UTC day and collector, from the sums and counts of days, so that parts of a day add up.
SELECT evidently_schema.create_read('get_visibility_chart',
    'p_brand_id uuid, p_customer_id uuid, p_from timestamptz, p_to timestamptz, p_collector_types text[] DEFAULT NULL',
    'metric_date date, collector_type text, visibility numeric, share_of_answers numeric, sentiment numeric, brand_presence numeric, responses bigint',
    'evidently_schema.legacy_processed(p_brand_id, p_from, p_to, p_collector_types)',
    'r.brand_id = p_brand_id AND r.customer_id = p_customer_id AND r.processed_at >= p_from AND r.processed_at < p_to
        AND (p_collector_types IS NULL OR r.collector_type = ANY (p_collector_types))',
    $page$SELECT (r.processed_at AT TIME ZONE 'UTC')::date AS metric_date, r.collector_type,
        100 * sum(r.visibility_index) / nullif(count(r.visibility_index), 0), sum(r.share_of_answers) / nullif(count(r.share_of_answers), 0),
        sum(r.sentiment_score) / nullif(count(r.sentiment_score), 0), 100.0 * count(*) FILTER (WHERE r.has_brand_presence) / count(*), count(*)
    FROM results AS r
    GROUP BY 1, 2
    ORDER BY 1, r.collector_type COLLATE "C"$page$);

-- The same of the star: whole days by the daily view, the parts of days at both ends live.
CREATE OR REPLACE FUNCTION evidently_schema.star_get_visibility_chart(p_brand_id uuid, p_customer_id uuid, p_from timestamptz, p_to timestamptz, p_collector_types text[] DEFAULT NULL)
RETURNS TABLE (metric_date date, collector_type text, visibility numeric, share_of_answers numeric, sentiment numeric, brand_presence numeric, responses bigint)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan SET jit = off
AS $function$
#variable_conflict use_column
DECLARE
    first_day constant date := (p_from AT TIME ZONE 'UTC')::date;
    first_whole constant date := CASE WHEN p_from = evidently_schema.day_start(first_day) THEN first_day ELSE first_day + 1 END;
    after_whole constant date := (p_to AT TIME ZONE 'UTC')::date;
    whole_from constant timestamptz := least(evidently_schema.day_start(first_whole), p_to);
    whole_to constant timestamptz := greatest(evidently_schema.day_start(after_whole), whole_from);
BEGIN
    IF p_from IS NULL OR p_to IS NULL THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT d.metric_date, d.collector_type,
        100 * sum(d.sum_visibility) / nullif(sum(d.visibility_count), 0), sum(d.sum_share) / nullif(sum(d.share_count), 0),
        sum(d.sum_sentiment) / nullif(sum(d.sentiment_count), 0), 100.0 * sum(d.presence_count) / sum(d.total_responses), sum(d.total_responses)::bigint
    FROM (
        SELECT b.* FROM evidently_schema.star_brand_days(p_brand_id, p_from, whole_from) AS b
        UNION ALL
        SELECT w.* FROM evidently_schema.star_get_brand_visibility_metrics(p_brand_id, first_whole, after_whole - 1) AS w
        UNION ALL
        SELECT e.* FROM evidently_schema.star_brand_days(p_brand_id, whole_to, p_to) AS e
    ) AS d
    WHERE d.customer_id = p_customer_id AND (p_collector_types IS NULL OR d.collector_type = ANY (p_collector_types))
    GROUP BY d.metric_date, d.collector_type
    ORDER BY d.metric_date, d.collector_type COLLATE "C";
END
$function$;

SELECT evidently_schema.create_read('get_competitor_visibility_trend',
    'p_brand_id uuid, p_competitor_name text, p_start_date timestamptz, p_end_date timestamptz',
    'collector_result_id bigint, processed_at timestamptz, collector_type text, visibility_index numeric, share_of_answers numeric, sentiment_score numeric',
    'evidently_schema.legacy_processed(p_brand_id, p_start_date, p_end_date)',
    'r.brand_id = p_brand_id AND r.processed_at >= p_start_date AND r.processed_at < p_end_date',
    $page$SELECT a.collector_result_id, a.processed_at, a.collector_type, a.visibility_index, a.share_of_answers, a.sentiment_score
    FROM answers AS a
    WHERE a.competitor_id = (SELECT bc.id FROM public.brand_competitors AS bc WHERE bc.brand_id = p_brand_id AND bc.competitor_name = p_competitor_name)
    ORDER BY a.processed_at, a.collector_result_id$page$,
    'l.competitor_name = p_competitor_name');

SELECT evidently_schema.restrict_access('evidently_schema.star_get_visibility_chart');

SELECT evidently_schema.route_read('get_visibility_chart', 'Per UTC day and collector: results of the brand processed from p_from to before p_to. No row where there is no data.');
SELECT evidently_schema.route_read('get_competitor_visibility_trend', 'A competitor in the brand''s results processed from p_start_date to before p_end_date, oldest first.');

$step$);
