-- The pace of the copy: batch after batch, slower or not at all while others would suffer. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

-- What any owner of the tables can see of who suffers: sessions that wait for a lock on our tables, or on a row with one held there; the oldest
-- transaction of this database; how far an active replica is behind; vacuums of legacy and its parents (the star's are of the copy's own making). NULL:
-- not visible to this role, or there is none.
CREATE OR REPLACE FUNCTION evidently_schema.pressure(OUT lock_waiters bigint, OUT oldest_transaction interval, OUT replication_bytes numeric, OUT vacuumed text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off
AS $function$
DECLARE
    legacy constant oid[] := ARRAY['public.extracted_positions'::regclass::oid, 'public.collector_results'::regclass, 'public.generated_queries'::regclass,
        'public.brand_competitors'::regclass, 'public.brands'::regclass, 'public.customers'::regclass];
    star constant oid[] := ARRAY['public.metric_facts'::regclass::oid, 'public.brand_metrics'::regclass, 'public.competitor_metrics'::regclass,
        'public.brand_sentiment'::regclass, 'public.competitor_sentiment'::regclass];
BEGIN
    WITH held AS MATERIALIZED (
        SELECT l.pid, l.locktype, l.relation, l.mode, l.granted FROM pg_locks AS l
        WHERE l.pid <> pg_backend_pid() AND (NOT l.granted OR l.locktype = 'relation')
            AND (l.database IS NULL OR l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database()))
    )
    SELECT count(DISTINCT h.pid) FILTER (WHERE NOT h.granted AND (h.relation = ANY (legacy || star)
            OR h.locktype = 'transactionid' AND EXISTS (SELECT FROM held AS o WHERE o.pid = h.pid AND o.granted AND o.relation = ANY (legacy || star)))),
        string_agg(DISTINCT h.relation::regclass::text, ', ') FILTER (WHERE h.granted AND h.mode = 'ShareUpdateExclusiveLock' AND h.relation = ANY (legacy))
    INTO lock_waiters, vacuumed FROM held AS h;
    SELECT clock_timestamp() - min(a.xact_start) INTO oldest_transaction FROM pg_stat_activity AS a
    WHERE a.datname = current_database() AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid();
    IF NOT pg_is_in_recovery() THEN
        SELECT max(pg_wal_lsn_diff(pg_current_wal_lsn(), r.at)) INTO replication_bytes
        FROM (SELECT s.replay_lsn FROM pg_stat_replication AS s
            UNION ALL SELECT coalesce(p.confirmed_flush_lsn, p.restart_lsn) FROM pg_replication_slots AS p WHERE p.active) AS r (at);
    END IF;
END
$function$;

-- What to do about it, and why: 'hold …' stops the copy, 'slow …' lets it work half of the time, NULL lets it go. Sessions that wait are let pass
-- for up to 2 s (p_held: how long the copy holds already): who waits longer does not wait for us.
CREATE OR REPLACE FUNCTION evidently_schema.throttle(p_held interval, p_result_seconds double precision, p_best_result_seconds double precision) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    long_transaction constant interval := coalesce(nullif(current_setting('evidently_schema.long_transaction', true), ''), '5 minutes')::interval;
    most_bytes constant bigint := pg_size_bytes(coalesce(nullif(current_setting('evidently_schema.replication_lag', true), ''), '256MB'));
    p record;
BEGIN
    SELECT * INTO p FROM evidently_schema.pressure();
    RETURN CASE
        WHEN p.replication_bytes > most_bytes THEN format('hold: a replica is %s behind', pg_size_pretty(p.replication_bytes))
        WHEN p.lock_waiters > 0 AND p_held < interval '2 seconds' THEN format('hold: %s sessions wait for locks on our tables', p.lock_waiters)
        WHEN p.lock_waiters > 0 THEN format('slow: %s sessions wait for locks on our tables', p.lock_waiters)
        WHEN p.oldest_transaction > long_transaction THEN format('slow: a transaction is open for %s', date_trunc('second', p.oldest_transaction))
        WHEN p.vacuumed IS NOT NULL THEN format('slow: %s is vacuumed or analyzed', p.vacuumed)
        WHEN p_result_seconds > 4 * p_best_result_seconds THEN format('slow: a result takes %s times as long as at best', round((p_result_seconds / p_best_result_seconds)::numeric))
    END;
END
$function$;

-- Copies history until it is done, or until max_seconds have passed; then call it again: it goes on after the last committed batch. One
-- transaction a batch, kept under 250 ms by its size. Settings, read before every batch: backfill_batch_size, backfill_pause_ms,
-- backfill_paused. A batch does not wait for the disk (decision 16): a crash of the server loses the last ones whole, checkpoint and rows. Looks twice a second whether others suffer. Several sessions may run it at once. Call it in autocommit.
CREATE OR REPLACE PROCEDURE evidently_schema.backfill(max_seconds integer DEFAULT NULL)
LANGUAGE plpgsql
AS $procedure$
DECLARE
    deadline constant timestamptz := clock_timestamp() + pg_catalog.make_interval(secs => max_seconds);
    batch integer;
    largest integer;
    pause_ms integer;
    paused boolean;
    started timestamptz;
    ended timestamptz;
    took double precision := 0;
    rest double precision;
    result_seconds double precision;
    best_result_seconds double precision;
    look_at timestamptz := clock_timestamp();
    held_since timestamptz := clock_timestamp();
    reason text;
    said text;
    outcome text;
BEGIN
    COMMIT;
    PERFORM evidently_schema.start_backfill();
    COMMIT;
    -- As the last batches were, and a pause after the last: called again and again it need not feel its way each time.
    SELECT coalesce(max(l.batch_at), clock_timestamp() - interval '1 day'), least(greatest(coalesce(max(l.batch_results), 100), 1), 1000), min(l.batch_seconds / nullif(l.batch_results, 0))
    INTO ended, batch, best_result_seconds FROM evidently_schema.backfill_lanes AS l;
    SELECT r.throttle INTO said FROM evidently_schema.backfill_runs AS r;
    LOOP
        SELECT max(s.value) FILTER (WHERE s.name = 'backfill_batch_size'), max(s.value) FILTER (WHERE s.name = 'backfill_pause_ms'),
            max(s.value) FILTER (WHERE s.name = 'backfill_paused')
        INTO largest, pause_ms, paused
        FROM evidently_schema.settings AS s;
        EXIT WHEN clock_timestamp() > deadline;
        IF clock_timestamp() >= look_at THEN
            reason := evidently_schema.throttle(clock_timestamp() - held_since, result_seconds, best_result_seconds);
            IF reason IS DISTINCT FROM said AND NOT paused THEN
                UPDATE evidently_schema.backfill_runs AS r SET throttle = reason WHERE r.copied_at IS NULL;
                COMMIT; -- no batch long: other workers update it too
                said := reason;
            END IF;
            look_at := clock_timestamp() + CASE WHEN reason LIKE 'hold%' THEN interval '0.1 seconds' ELSE interval '0.5 seconds' END;
            held_since := CASE WHEN reason IS NULL THEN clock_timestamp() + interval '0.5 seconds' ELSE held_since END;
        END IF;
        rest := pause_ms / 1000.0 + CASE WHEN reason LIKE 'slow%' THEN took ELSE 0 END - extract(epoch FROM clock_timestamp() - ended);
        IF paused OR reason LIKE 'hold%' OR rest > 0 THEN -- in slices: what is set meanwhile counts at once
            COMMIT;
            PERFORM pg_catalog.pg_sleep(CASE WHEN paused THEN 0.05 WHEN reason LIKE 'hold%' THEN 0.1 ELSE least(rest, 0.1) END);
            CONTINUE;
        END IF;
        started := clock_timestamp();
        SELECT least(batch, largest, greatest((r.total - sum(l.results)) / 4, 100)) INTO batch -- smaller at the end, so that all workers end together
        FROM evidently_schema.backfill_lanes AS l CROSS JOIN evidently_schema.backfill_runs AS r GROUP BY r.total;
        PERFORM pg_catalog.set_config('synchronous_commit', 'off', true);
        outcome := evidently_schema.copy_batch(batch);
        COMMIT;
        ended := clock_timestamp();
        took := extract(epoch FROM ended - started);
        IF outcome = 'copied' AND took > 0.02 THEN -- what is shorter says little
            result_seconds := took / batch;
            best_result_seconds := least(best_result_seconds * 1.001, result_seconds);
        END IF;
        batch := CASE WHEN took > 0.2 THEN greatest(batch / 2, 1) WHEN reason IS NOT NULL THEN batch WHEN took < 0.02 THEN batch * 4 WHEN took < 0.1 THEN batch * 2 ELSE batch END;
        EXIT WHEN outcome = 'finished';
        IF outcome = 'busy' THEN
            COMMIT;
            PERFORM pg_catalog.pg_sleep(0.01);
        END IF;
    END LOOP;
    COMMIT;
    IF outcome = 'finished' THEN
        WHILE NOT evidently_schema.lock_loose_rows() LOOP
            COMMIT;
            PERFORM pg_catalog.pg_sleep(0.05);
        END LOOP;
        PERFORM evidently_schema.reject_without_result(NULL);
        UPDATE evidently_schema.backfill_runs AS r SET copied_at = clock_timestamp(), throttle = NULL WHERE r.copied_at IS NULL;
    END IF;
    COMMIT;
END
$procedure$;

CREATE OR REPLACE VIEW evidently_schema.backfill_progress WITH (security_invoker = true) AS
WITH lanes AS (
    SELECT coalesce(sum(l.results), 0)::bigint AS done, coalesce(sum(l.rows), 0)::bigint AS rows, avg(l.batch_seconds) AS batch_seconds,
        sum(l.batch_rows) / nullif(sum(l.batch_seconds), 0) AS rows_per_second,
        sum(l.batch_results) / nullif(sum(l.batch_seconds), 0) AS results_per_second
    FROM evidently_schema.backfill_lanes AS l
)
SELECT
    lanes.done,
    coalesce(r.total, 0) AS total,
    (SELECT count(*) FROM evidently_schema.rejected_rows) AS rejected,
    (SELECT count(*) FROM evidently_schema.pending_results) AS pending,
    round(lanes.rows_per_second::numeric, 1) AS rows_per_second,
    CASE WHEN r.copied_at IS NULL THEN make_interval(secs => greatest(r.total - lanes.done, 0) / nullif(lanes.results_per_second, 0)) END AS eta,
    CASE
        WHEN r.started_at IS NULL THEN 'not started'
        WHEN r.finished_at IS NOT NULL THEN 'finished'
        WHEN r.copied_at IS NOT NULL THEN 'copied'
        WHEN (SELECT s.value FROM evidently_schema.settings AS s WHERE s.name = 'backfill_paused') = 'true' THEN 'paused'
        ELSE 'running'
    END AS state,
    r.throttle,
    lanes.rows,
    lanes.batch_seconds
FROM lanes LEFT JOIN evidently_schema.backfill_runs AS r ON true;

COMMENT ON VIEW evidently_schema.backfill_progress IS 'One row. done and total are results; rejected are legacy rows, pending noted results; rows_per_second and rows count legacy rows; '
    'throttle: why the copy is slow or holds';

SELECT evidently_schema.restrict_access('evidently_schema.pressure', 'evidently_schema.throttle', 'evidently_schema.backfill', 'evidently_schema.backfill_progress');

$step$);
