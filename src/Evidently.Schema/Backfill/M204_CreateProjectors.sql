-- Repair, the end of the backfill, and what is known of legacy. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

-- The results verification finds wrong, pending ones left out.
CREATE OR REPLACE FUNCTION evidently_schema.wrong_results() RETURNS SETOF bigint
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp SET jit = off SET work_mem = '64MB'
AS $function$
    SELECT w.id
    FROM (
        SELECT c.collector_result_id AS id FROM evidently_schema.compared_rows AS c
        WHERE c.wants_fact AND (c.fact_differs OR c.brand_metrics_id IS NULL OR c.brand_metrics_differ)
            OR c.wants_competitor AND (c.competitor_metrics_id IS NULL OR c.competitor_metrics_differ)
            OR c.wants_brand_sentiment AND (c.brand_sentiment_id IS NULL OR c.brand_sentiment_differs)
            OR c.wants_competitor_sentiment AND (c.competitor_sentiment_id IS NULL OR c.competitor_sentiment_differs)
            OR c.reason IS DISTINCT FROM c.listed_reason
        UNION
        SELECT f.collector_result_id FROM public.metric_facts AS f
        WHERE NOT EXISTS (SELECT FROM evidently_schema.projected_metric_facts AS p WHERE p.collector_result_id = f.collector_result_id)
            OR EXISTS (SELECT FROM evidently_schema.rejected_rows AS x WHERE x.collector_result_id = f.collector_result_id AND x.detail LIKE 'SQLSTATE %')
        UNION
        SELECT f.collector_result_id FROM public.metric_facts AS f JOIN public.competitor_metrics AS t ON t.metric_fact_id = f.id
        WHERE NOT EXISTS (SELECT FROM evidently_schema.projected_competitor_metrics AS p
            WHERE p.collector_result_id = f.collector_result_id AND p.competitor_id = t.competitor_id)
        UNION
        SELECT f.collector_result_id FROM public.metric_facts AS f JOIN public.brand_sentiment AS t ON t.metric_fact_id = f.id
        WHERE NOT EXISTS (SELECT FROM evidently_schema.projected_brand_sentiment AS p WHERE p.collector_result_id = f.collector_result_id)
        UNION
        SELECT f.collector_result_id FROM public.metric_facts AS f JOIN public.competitor_sentiment AS t ON t.metric_fact_id = f.id
        WHERE NOT EXISTS (SELECT FROM evidently_schema.projected_competitor_sentiment AS p
            WHERE p.collector_result_id = f.collector_result_id AND p.competitor_id = t.competitor_id)
        UNION
        SELECT x.collector_result_id FROM evidently_schema.rejected_rows AS x
        WHERE NOT EXISTS (SELECT FROM evidently_schema.projected_rejected_rows AS p WHERE p.legacy_id = x.legacy_id)
    ) AS w
    WHERE w.id IS NOT NULL AND NOT EXISTS (SELECT FROM evidently_schema.covered_results AS c WHERE c.collector_result_id = w.id)
$function$;

-- Drains notes for about 0.2 s, one transaction, and returns how many results it touched. When none is due it looks for results that
-- verification finds wrong, or that an INSERT refused, notes them, and drains those; a daily view found wrong is refreshed. Call it until
-- it returns 0.
CREATE OR REPLACE FUNCTION evidently_schema.repair() RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    touched bigint := 0;
    looked boolean := false;
    refused bigint[];
    wrong text[];
    deadline timestamptz := clock_timestamp() + interval '0.2 seconds';
    done record;
BEGIN
    LOOP
        SELECT * INTO done FROM evidently_schema.drain_batch(50);
        touched := touched + done.projected;
        IF done.projected + done.expanded = 0 THEN
            EXIT WHEN looked OR touched > 0;
            looked := true;
            refused := ARRAY(SELECT DISTINCT x.collector_result_id FROM evidently_schema.rejected_rows AS x WHERE x.detail LIKE 'SQLSTATE %');
            wrong := ARRAY(SELECT v.check_name FROM evidently_schema.verify() AS v WHERE NOT v.ok);
            IF 'mv_brand_daily_metrics' = ANY (wrong) THEN
                PERFORM public.refresh_mv_brand_daily_metrics();
            END IF;
            IF wrong <> '{}' THEN
                IF evidently_schema.lock_loose_rows() THEN
                    PERFORM evidently_schema.reject_without_result(NULL);
                END IF;
                INSERT INTO evidently_schema.change_notes (kind, collector_result_id, last_error)
                SELECT 'result', w, 'found wrong by verification' FROM evidently_schema.wrong_results() AS w;
            END IF;
            INSERT INTO evidently_schema.change_notes (kind, collector_result_id, last_error)
            SELECT 'result', u.id, 'refused before' FROM unnest(refused) AS u (id);
            deadline := clock_timestamp() + interval '0.2 seconds';
        END IF;
        EXIT WHEN clock_timestamp() > deadline;
    END LOOP;
    -- A result that is refused again was looked at, not touched: otherwise this would never return 0.
    RETURN greatest(0, touched - (SELECT count(DISTINCT x.collector_result_id) FROM evidently_schema.rejected_rows AS x
        WHERE x.collector_result_id = ANY (refused) AND x.detail LIKE 'SQLSTATE %'));
END
$function$;

-- Ends the backfill: drains what is noted, refreshes the daily view and verifies. Raises EV006, with counts and examples, unless
-- star = projection. Call it in autocommit.
CREATE OR REPLACE PROCEDURE evidently_schema.finish_backfill()
LANGUAGE plpgsql
AS $procedure$
DECLARE
    patience constant interval := coalesce(nullif(current_setting('evidently_schema.drain_patience', true), ''), '60 seconds')::interval;
    give_up_at constant timestamptz := clock_timestamp() + patience;
    last_note bigint;
    stuck record;
    wrong text;
BEGIN
    COMMIT;
    IF (SELECT r.copied_at IS NULL FROM evidently_schema.backfill_runs AS r) IS NOT FALSE THEN
        RAISE EXCEPTION USING ERRCODE = 'EV007', MESSAGE = 'History is not copied yet.', HINT = 'CALL evidently_schema.backfill();';
    END IF;
    UPDATE evidently_schema.change_notes AS n SET attempts = 1 WHERE n.attempts > 1; -- the cause may be gone: tried again at once
    COMMIT;
    last_note := (SELECT max(n.id) FROM evidently_schema.change_notes AS n);
    LOOP -- what fails is noted anew, with a higher id, and is not drained either
        CALL evidently_schema.drain(ceil(extract(epoch FROM greatest(give_up_at - clock_timestamp(), interval '0')))::integer);
        COMMIT;
        EXIT WHEN clock_timestamp() > give_up_at
            OR NOT EXISTS (SELECT FROM evidently_schema.change_notes AS n WHERE n.id <= last_note OR n.attempts > 0);
        PERFORM pg_catalog.pg_sleep(0.05);
    END LOOP;
    SELECT count(*) AS notes, (pg_catalog.array_agg(n.collector_result_id ORDER BY n.id))[1:5] AS examples, max(n.last_error) AS error INTO stuck
    FROM evidently_schema.change_notes AS n WHERE n.id <= last_note OR n.attempts > 0;
    IF stuck.notes > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'EV006', MESSAGE = pg_catalog.format('%s notes could not be drained within %s.', stuck.notes, patience),
            DETAIL = pg_catalog.format('Results such as %s; last error: %s; the oldest transaction that writes is open for %s.', stuck.examples,
                coalesce(stuck.error, 'none'), (SELECT date_trunc('second', max(clock_timestamp() - a.xact_start)) FROM pg_catalog.pg_stat_activity AS a
                    WHERE a.backend_xid IS NOT NULL)),
            HINT = 'End that transaction, or see SELECT * FROM evidently_schema.change_notes ORDER BY id; then migrate again.';
    END IF;
    PERFORM public.refresh_mv_brand_daily_metrics();
    COMMIT;
    SELECT string_agg(pg_catalog.format('%s: %s missing, %s extra, %s different', v.check_name, v.missing, v.extra, v.different), '; ') INTO wrong
    FROM evidently_schema.verify() AS v WHERE NOT v.ok;
    COMMIT;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'EV006', MESSAGE = pg_catalog.format('The star is not the projection of legacy: %s.', wrong),
            DETAIL = pg_catalog.format('Results such as %s.', (SELECT string_agg(w::text, ', ') FROM (SELECT w FROM evidently_schema.wrong_results() AS w LIMIT 5) AS e)),
            HINT = 'SELECT evidently_schema.repair(); until it returns 0, then migrate again.';
    END IF;
    UPDATE evidently_schema.backfill_runs AS r SET finished_at = clock_timestamp() WHERE r.finished_at IS NULL;
    IF FOUND THEN
        INSERT INTO evidently_schema.events (kind, subject, became)
        SELECT 'backfill', 'star', pg_catalog.format('%s results copied, %s legacy rows rejected, %s values rounded, %s results of another customer', p.done,
            p.rejected, v.rounded_values, v.other_customers)
        FROM evidently_schema.backfill_progress AS p
        CROSS JOIN (SELECT * FROM evidently_schema.verifications ORDER BY id DESC LIMIT 1) AS v;
    END IF;
    COMMIT;
END
$procedure$;

SELECT evidently_schema.restrict_access('evidently_schema.wrong_results', 'evidently_schema.repair', 'evidently_schema.finish_backfill');

$step$);
