-- Draining notes. A drain deletes the notes it saw and projects in a later statement of the same READ COMMITTED transaction, under the
-- stripes: a change that was noted is committed, so the later snapshot sees it; one noted meanwhile keeps its note.
CALL evidently_schema.step(ARRAY[]::text[], $step$

-- The transactions that write now, without those that are known to belong to another database of this server: what they do concerns
-- nobody here, and one left open there must not hold up our notes.
CREATE OR REPLACE FUNCTION evidently_schema.running_transactions() RETURNS SETOF xid8
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT x.xid FROM pg_snapshot_xip(pg_current_snapshot()) AS x (xid)
    WHERE NOT EXISTS (SELECT FROM pg_locks AS l JOIN pg_stat_activity AS a ON a.pid = l.pid
            WHERE l.locktype = 'transactionid' AND l.granted AND l.transactionid = x.xid::xid AND a.datname <> current_database())
        AND NOT EXISTS (SELECT FROM pg_prepared_xacts AS p WHERE p.transaction = x.xid::xid AND p.database <> current_database())
$function$;

-- The results of a parent's note after p_after, in order, at most p_limit: those in the star, and those that are not, wholly or in part,
-- and may be so for want of this parent.
CREATE OR REPLACE FUNCTION evidently_schema.results_of_note(p_note bigint, p_after bigint, p_limit integer) RETURNS bigint[]
LANGUAGE sql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
AS $function$
    WITH n AS MATERIALIZED (
        SELECT c.* FROM evidently_schema.parent_notes AS c WHERE c.id = p_note
    )
    SELECT coalesce(array_agg(u.id ORDER BY u.id), '{}')
    FROM (
        SELECT DISTINCT r.id
        FROM (
            SELECT f.collector_result_id AS id FROM n JOIN public.metric_facts AS f ON f.brand_id = n.brand_id WHERE n.kind = 'brand'
            UNION ALL
            SELECT f.collector_result_id FROM n JOIN public.metric_facts AS f ON f.query_id = n.query_id
            UNION ALL
            SELECT f.collector_result_id FROM n JOIN public.metric_facts AS f ON f.customer_id = n.customer_id
            UNION ALL
            SELECT f.collector_result_id FROM n JOIN public.metric_facts AS f ON f.brand_id = n.brand_id
            JOIN evidently_schema.legacy_rows AS ep ON ep.collector_result_id = f.collector_result_id AND ep.competitor_name = n.competitor_name
            WHERE n.kind = 'competitor'
            UNION ALL
            SELECT x.collector_result_id FROM n JOIN (evidently_schema.rejected_rows AS x
                JOIN evidently_schema.legacy_rows AS ep ON ep.collector_result_id = x.collector_result_id)
                ON n.kind = 'brand' AND ep.brand_id = n.brand_id OR ep.query_id = n.query_id
                    OR n.kind = 'customer' AND (ep.customer_id = n.customer_id OR ep.customer_id IS NULL)
                    OR n.kind = 'competitor' AND ep.brand_id = n.brand_id AND x.detail LIKE 'SQLSTATE %'
            UNION ALL
            (SELECT f.collector_result_id FROM public.metric_facts AS f
                WHERE EXISTS (SELECT FROM n WHERE n.kind = 'all') AND (p_after IS NULL OR f.collector_result_id > p_after)
                ORDER BY f.collector_result_id LIMIT p_limit)
            UNION ALL
            SELECT x.collector_result_id FROM evidently_schema.rejected_rows AS x WHERE EXISTS (SELECT FROM n WHERE n.kind = 'all')
            UNION ALL
            (SELECT DISTINCT ep.collector_result_id FROM evidently_schema.legacy_rows AS ep
                WHERE EXISTS (SELECT FROM n WHERE n.kind = 'all') AND ep.collector_result_id >= coalesce(p_after, -9223372036854775808)
                ORDER BY ep.collector_result_id LIMIT p_limit + 1)
        ) AS r
        WHERE r.id IS NOT NULL AND (p_after IS NULL OR r.id > p_after)
        ORDER BY r.id LIMIT p_limit
    ) AS u
$function$;

-- Replaces notes of parents by notes of their results, at most p_results of them. A parent's note waits until every transaction that was
-- running when it was first seen has ended: such a one may have projected with the parent as it was, and its rows are not visible yet. It
-- stays, and covers all its results, until the last of them has a note of its own. p_note: that one alone. Returns the notes replaced, in whole
-- or in part.
CREATE OR REPLACE FUNCTION evidently_schema.expand_parent_notes(p_limit integer DEFAULT 100, p_results integer DEFAULT 20000, p_note bigint DEFAULT NULL)
RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $function$
DECLARE
    notes bigint[];
    running xid8[];
    note record;
    results bigint[];
    room integer := p_results;
    expanded bigint := 0;
BEGIN
    notes := ARRAY(SELECT n.id FROM evidently_schema.change_notes AS n
        WHERE n.kind NOT IN ('result', 'row', 'collector_result') AND n.noted_at < transaction_timestamp() -- not our own: others read the parent as it was
            AND (p_note IS NULL OR n.id = p_note)
        ORDER BY n.id LIMIT p_limit FOR UPDATE SKIP LOCKED);
    IF notes = '{}' THEN
        RETURN 0;
    END IF;

    running := ARRAY(SELECT evidently_schema.running_transactions());
    INSERT INTO evidently_schema.note_horizons (note_id, horizon)
    SELECT u.id, pg_snapshot_xmax(pg_current_snapshot())
    FROM unnest(notes) AS u (id)
    WHERE running <> '{}'
        AND NOT EXISTS (SELECT FROM evidently_schema.note_horizons AS h WHERE h.note_id = u.id);

    notes := ARRAY(SELECT u.id FROM unnest(notes) AS u (id) WHERE NOT EXISTS (SELECT FROM evidently_schema.note_horizons AS h
        WHERE h.note_id = u.id AND EXISTS (SELECT FROM unnest(running) AS x (xid) WHERE x.xid < h.horizon)));
    FOR note IN
        SELECT c.id, c.kind, c.key, h.expanded_to
        FROM evidently_schema.change_notes AS c LEFT JOIN evidently_schema.note_horizons AS h ON h.note_id = c.id
        WHERE c.id = ANY (notes) ORDER BY c.id
    LOOP
        EXIT WHEN room = 0;
        CONTINUE WHEN NOT EXISTS (SELECT FROM evidently_schema.change_notes AS c WHERE c.id = note.id); -- it said the same as one before
        results := evidently_schema.results_of_note(note.id, note.expanded_to, room);
        IF cardinality(results) < room THEN
            CONTINUE WHEN note.kind = 'all' AND NOT evidently_schema.lock_loose_rows();
            IF note.kind = 'all' THEN
                PERFORM evidently_schema.reject_without_result(NULL);
            END IF;
            DELETE FROM evidently_schema.change_notes AS c WHERE c.id = note.id;
            DELETE FROM evidently_schema.note_horizons AS h WHERE h.note_id = note.id;
        ELSE
            INSERT INTO evidently_schema.note_horizons AS h (note_id, horizon, expanded_to)
            VALUES (note.id, pg_snapshot_xmin(pg_current_snapshot()), results[cardinality(results)])
            ON CONFLICT (note_id) DO UPDATE SET expanded_to = excluded.expanded_to;
        END IF;
        IF note.expanded_to IS NULL THEN
            WITH same AS (
                DELETE FROM evidently_schema.change_notes AS c
                WHERE c.id = ANY (notes) AND c.id <> note.id AND c.kind = note.kind AND c.key IS NOT DISTINCT FROM note.key
                    AND NOT EXISTS (SELECT FROM evidently_schema.note_horizons AS h WHERE h.note_id = c.id AND h.expanded_to IS NOT NULL)
                RETURNING c.id
            )
            DELETE FROM evidently_schema.note_horizons AS h USING same WHERE h.note_id = same.id;
        END IF;
        -- A result that has a note need not have two: whoever drains that one reads the parent as it is now.
        INSERT INTO evidently_schema.change_notes (kind, collector_result_id)
        SELECT 'result', u.id FROM unnest(results) AS u (id)
        WHERE NOT EXISTS (SELECT FROM evidently_schema.change_notes AS c WHERE c.collector_result_id = u.id AND c.kind = 'result' AND c.attempts = 0);
        room := room - cardinality(results);
        expanded := expanded + 1;
    END LOOP;
    RETURN expanded;
END
$function$;

-- Forgets the notes of these results and projects them; what fails is noted again, with the error. The caller holds their stripes: nobody else
-- drains them, and whatever is committed by now is seen by the statements after the first. Returns how many were projected.
CREATE OR REPLACE FUNCTION evidently_schema.drain_results(p_ids bigint[]) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $function$
DECLARE
    results bigint[];
    tries integer[];
    failed bigint;
BEGIN
    WITH seen AS (
        DELETE FROM evidently_schema.change_notes AS n
        WHERE n.kind IN ('result', 'collector_result') AND n.collector_result_id = ANY (p_ids)
        RETURNING n.collector_result_id, n.attempts
    ),
    noted AS (
        SELECT seen.collector_result_id AS id, max(seen.attempts) AS attempts FROM seen GROUP BY 1
    )
    SELECT array_agg(noted.id), array_agg(noted.attempts) INTO results, tries FROM noted;

    WITH failed AS MATERIALIZED (
        SELECT f.collector_result_id, f.error, 1 + tries[array_position(results, f.collector_result_id)] AS attempts
        FROM evidently_schema.project_safely(results) AS f
    ),
    again AS (
        INSERT INTO evidently_schema.change_notes (kind, collector_result_id, attempts, last_error)
        SELECT 'result', f.collector_result_id, f.attempts, f.error FROM failed AS f
    ),
    reported AS (
        INSERT INTO evidently_schema.events (kind, subject, became, reason)
        SELECT 'result not projected', f.collector_result_id::text, f.attempts || ' attempts', f.error FROM failed AS f WHERE f.attempts = 10
    )
    SELECT count(*) INTO failed FROM failed;
    RETURN coalesce(cardinality(results), 0) - failed;
END
$function$;

-- The results of the oldest notes that are due, at most p_limit notes, whose stripe is free: it is taken until the end of the transaction.
-- Looks at the p_look notes after p_after alone (NULL: at all).
CREATE OR REPLACE FUNCTION evidently_schema.due_results(p_limit integer, p_after bigint DEFAULT 0, p_look integer DEFAULT NULL) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
AS $function$
BEGIN
    RETURN ARRAY(SELECT n.collector_result_id
        FROM (SELECT c.* FROM evidently_schema.change_notes AS c WHERE c.id > p_after ORDER BY c.id LIMIT p_look) AS n
        WHERE CASE WHEN n.kind IN ('result', 'collector_result')
                AND (n.attempts = 0 OR n.noted_at < clock_timestamp() - least(interval '5 minutes', interval '0.1 second' * 2 ^ least(n.attempts, 20)))
            THEN pg_try_advisory_xact_lock(1702259053, evidently_schema.stripe(n.collector_result_id)) END
        ORDER BY n.id LIMIT p_limit);
END
$function$;

-- One small drain: expands parents' notes, then projects up to p_limit noted results, passing over those whose stripe is busy. A result that
-- failed is tried again after 2^attempts × 0.1 s, at most 5 minutes. Both counts 0: nothing is due.
CREATE OR REPLACE FUNCTION evidently_schema.drain_batch(p_limit integer DEFAULT 200, OUT projected bigint, OUT expanded bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
AS $function$
DECLARE
    loose text[];
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION USING ERRCODE = 'EV007',
            MESSAGE = format('Notes cannot be drained in a %s transaction.', current_setting('transaction_isolation')),
            HINT = 'Drain in READ COMMITTED.';
    END IF;
    expanded := evidently_schema.expand_parent_notes();

    loose := ARRAY(SELECT n.key FROM evidently_schema.change_notes AS n WHERE n.kind = 'row' ORDER BY n.id FOR UPDATE SKIP LOCKED);
    IF loose <> '{}' AND evidently_schema.lock_loose_rows() THEN
        DELETE FROM evidently_schema.change_notes AS n WHERE n.kind = 'row' AND n.key = ANY (loose);
        PERFORM evidently_schema.reject_without_result(loose);
        expanded := expanded + cardinality(loose);
    END IF;

    projected := evidently_schema.drain_results(evidently_schema.due_results(p_limit));
END
$function$;

-- drain_batch() by one session of the database at a time, for services that run on several nodes: both counts are NULL when it is another's turn.
-- Drains nothing before the copy begins, and nothing after its Down, which must leave the star empty whoever goes on draining: that Down waits
-- for the row locked here. Without notes it writes nothing.
CREATE OR REPLACE FUNCTION evidently_schema.drain_turn(p_limit integer DEFAULT 200, OUT projected bigint, OUT expanded bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF pg_try_advisory_xact_lock(1702259052, 4) THEN
        projected := 0;
        expanded := 0;
        IF EXISTS (SELECT FROM evidently_schema.change_notes) THEN
            PERFORM FROM evidently_schema.backfill_runs FOR KEY SHARE SKIP LOCKED;
            IF FOUND THEN
                SELECT d.projected, d.expanded INTO projected, expanded FROM evidently_schema.drain_batch(p_limit) AS d;
            END IF;
        END IF;
    END IF;
END
$function$;

-- Drains what is noted when it is called, and what draining that notes in turn, committing small batches; returns before max_seconds have passed
-- (NULL: when it is done). What fails keeps its note, with the error. Call it from psql or a scheduler, in autocommit.
CREATE OR REPLACE PROCEDURE evidently_schema.drain(max_seconds integer DEFAULT NULL)
LANGUAGE plpgsql
AS $procedure$
DECLARE
    deadline constant timestamptz := clock_timestamp() + pg_catalog.make_interval(secs => max_seconds);
    last_note bigint := (SELECT max(n.id) FROM evidently_schema.change_notes AS n);
    batch integer := 100;
    started timestamptz;
    took double precision;
    done record;
    moved boolean;
BEGIN
    COMMIT;
    LOOP
        started := clock_timestamp();
        SELECT * INTO done FROM evidently_schema.drain_batch(batch);
        moved := current_setting('evidently_schema.moved', true) = 'on';
        COMMIT;
        took := extract(epoch FROM clock_timestamp() - started);
        batch := CASE WHEN took > 0.15 THEN greatest(batch / 2, 1) WHEN took < 0.075 THEN least(batch * 2, 1000) ELSE batch END;
        IF done.expanded > 0 OR moved THEN
            last_note := (SELECT max(n.id) FROM evidently_schema.change_notes AS n); -- what the parents' notes have become, and what was noted anew
        END IF;
        EXIT WHEN NOT EXISTS (SELECT FROM evidently_schema.change_notes AS n WHERE n.id <= last_note);
        EXIT WHEN clock_timestamp() > deadline;
        IF done.projected + done.expanded = 0 THEN
            COMMIT;
            PERFORM pg_catalog.pg_sleep(0.05);
        END IF;
    END LOOP;
END
$procedure$;

SELECT evidently_schema.restrict_access('evidently_schema.running_transactions', 'evidently_schema.results_of_note', 'evidently_schema.expand_parent_notes',
    'evidently_schema.drain_results', 'evidently_schema.due_results', 'evidently_schema.drain_batch', 'evidently_schema.drain_turn', 'evidently_schema.drain');

$step$);
