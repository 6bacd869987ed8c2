-- The plan's step 1.2, corrected: days are UTC days, the unique key covers the whole GROUP BY, sums and counts make any range exact.
-- The star's triggers list the (brand, day) keys touched since the last refresh; a row without brand stands for every day.
CALL evidently_schema.step(ARRAY[]::text[], $step$

CREATE OR REPLACE VIEW evidently_schema.daily_metrics WITH (security_invoker = true) AS
SELECT
    mf.brand_id,
    mf.customer_id,
    mf.collector_type,
    (mf.processed_at AT TIME ZONE 'UTC')::date AS metric_date,
    AVG(bm.visibility_index) AS avg_visibility,
    AVG(bm.share_of_answers) AS avg_share,
    COUNT(*) FILTER (WHERE bm.has_brand_presence) AS presence_count,
    COUNT(*) AS total_responses,
    AVG(bs.sentiment_score) AS avg_sentiment,
    COUNT(*) FILTER (WHERE bs.sentiment_label = 'POSITIVE') AS positive_count,
    COUNT(*) FILTER (WHERE bs.sentiment_label = 'NEGATIVE') AS negative_count,
    COUNT(*) FILTER (WHERE bs.sentiment_label = 'NEUTRAL') AS neutral_count,
    MIN(mf.processed_at) AS first_response,
    MAX(mf.processed_at) AS last_response,
    SUM(bm.visibility_index) AS sum_visibility,
    COUNT(bm.visibility_index) AS visibility_count,
    SUM(bm.share_of_answers) AS sum_share,
    COUNT(bm.share_of_answers) AS share_count,
    SUM(bs.sentiment_score) AS sum_sentiment,
    COUNT(bs.sentiment_score) AS sentiment_count
FROM public.metric_facts AS mf
LEFT JOIN public.brand_metrics AS bm ON bm.metric_fact_id = mf.id
LEFT JOIN public.brand_sentiment AS bs ON bs.metric_fact_id = mf.id
GROUP BY mf.brand_id, mf.customer_id, mf.collector_type, (mf.processed_at AT TIME ZONE 'UTC')::date;

COMMENT ON VIEW evidently_schema.daily_metrics IS 'What mv_brand_daily_metrics holds, computed live; filter by brand_id and metric_date';

CREATE MATERIALIZED VIEW IF NOT EXISTS public.mv_brand_daily_metrics AS
SELECT * FROM evidently_schema.daily_metrics;

CREATE UNIQUE INDEX IF NOT EXISTS idx_mv_brand_daily_metrics_lookup
    ON public.mv_brand_daily_metrics (brand_id, customer_id, collector_type, metric_date);
CREATE INDEX IF NOT EXISTS idx_mv_brand_daily_metrics_date_range ON public.mv_brand_daily_metrics (brand_id, metric_date DESC);

CREATE TABLE IF NOT EXISTS evidently_schema.touched_days (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    brand_id uuid,
    metric_date date
);

CREATE INDEX IF NOT EXISTS idx_touched_days_brand ON evidently_schema.touched_days (brand_id, metric_date);

COMMENT ON TABLE evidently_schema.touched_days IS
    'Append-only: the (brand, UTC day) keys changed since the daily view was last refreshed; without brand: every day';

-- Statement triggers, for what is not projected: project() lists the days of what it changes itself, at less cost. Their plans are kept for the session, so they must not depend on how small the star was when they were made: each
-- changed row finds its fact by key. A failure to list must not fail the statement, which may be an application's own DELETE of a parent, cascading:
-- verification then shows the day as different.
CREATE OR REPLACE FUNCTION evidently_schema.touch_days() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms'
    SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $function$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO evidently_schema.touched_days (brand_id, metric_date) VALUES (NULL, NULL);
    ELSIF TG_TABLE_NAME = 'metric_facts' THEN
        INSERT INTO evidently_schema.touched_days (brand_id, metric_date)
        SELECT DISTINCT c.brand_id, (c.processed_at AT TIME ZONE 'UTC')::date FROM changed AS c;
    ELSE
        INSERT INTO evidently_schema.touched_days (brand_id, metric_date)
        SELECT DISTINCT f.brand_id, (f.processed_at AT TIME ZONE 'UTC')::date
        FROM changed AS c JOIN public.metric_facts AS f ON f.id = c.metric_fact_id;
    END IF;
    RETURN NULL;
EXCEPTION
    WHEN OTHERS THEN
        RETURN NULL;
END
$function$;

DO $triggers$
DECLARE
    star text;
BEGIN
    FOREACH star IN ARRAY ARRAY['metric_facts', 'brand_metrics', 'brand_sentiment'] LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER touch_days_insert AFTER INSERT ON public.%I REFERENCING NEW TABLE AS changed
            FOR EACH STATEMENT WHEN (current_setting(''evidently_schema.projecting'', true) IS DISTINCT FROM ''on'')
            EXECUTE FUNCTION evidently_schema.touch_days()', star);
        EXECUTE format('CREATE OR REPLACE TRIGGER touch_days_update_new AFTER UPDATE ON public.%I REFERENCING NEW TABLE AS changed
            FOR EACH STATEMENT WHEN (current_setting(''evidently_schema.projecting'', true) IS DISTINCT FROM ''on'')
            EXECUTE FUNCTION evidently_schema.touch_days()', star);
        EXECUTE format('CREATE OR REPLACE TRIGGER touch_days_update_old AFTER UPDATE ON public.%I REFERENCING OLD TABLE AS changed
            FOR EACH STATEMENT WHEN (current_setting(''evidently_schema.projecting'', true) IS DISTINCT FROM ''on'')
            EXECUTE FUNCTION evidently_schema.touch_days()', star);
        EXECUTE format('CREATE OR REPLACE TRIGGER touch_days_delete AFTER DELETE ON public.%I REFERENCING OLD TABLE AS changed
            FOR EACH STATEMENT WHEN (current_setting(''evidently_schema.projecting'', true) IS DISTINCT FROM ''on'')
            EXECUTE FUNCTION evidently_schema.touch_days()', star);
        EXECUTE format('CREATE OR REPLACE TRIGGER touch_days_truncate AFTER TRUNCATE ON public.%I
            FOR EACH STATEMENT WHEN (current_setting(''evidently_schema.projecting'', true) IS DISTINCT FROM ''on'')
            EXECUTE FUNCTION evidently_schema.touch_days()', star);
    END LOOP;
END
$triggers$;

-- Refreshes the daily view: CONCURRENTLY (readers go on) when it is populated. False when another session is refreshing, or has since the
-- caller's snapshot: the days stay listed. The keys listed before the refresh's own snapshot are forgotten with it; what commits meanwhile stays listed.
CREATE OR REPLACE FUNCTION public.refresh_mv_brand_daily_metrics() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF NOT pg_try_advisory_xact_lock(1702259052, 3) THEN
        RETURN false;
    END IF;
    DELETE FROM evidently_schema.touched_days;
    IF (SELECT c.relispopulated FROM pg_class AS c WHERE c.oid = 'public.mv_brand_daily_metrics'::regclass) THEN
        REFRESH MATERIALIZED VIEW CONCURRENTLY public.mv_brand_daily_metrics;
    ELSE
        REFRESH MATERIALIZED VIEW public.mv_brand_daily_metrics;
    END IF;
    RETURN true;
EXCEPTION
    WHEN serialization_failure THEN
        RETURN false; -- above READ COMMITTED: another session has refreshed since the caller's snapshot
END
$function$;

SELECT evidently_schema.restrict_access('public.mv_brand_daily_metrics', 'evidently_schema.daily_metrics', 'evidently_schema.touched_days',
    'evidently_schema.touch_days', 'public.refresh_mv_brand_daily_metrics');

$step$);
