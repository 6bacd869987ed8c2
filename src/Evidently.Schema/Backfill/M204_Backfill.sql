-- Copying history in batches by result id. Four lanes, each a quarter of the stripes with its own checkpoint: up to four workers copy at
-- once, and a batch leaves three quarters of the stripes to others. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

CREATE TABLE IF NOT EXISTS evidently_schema.backfill_runs (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_result bigint,
    total bigint NOT NULL,
    copied_at timestamptz,
    finished_at timestamptz,
    throttle text
);

CREATE TABLE IF NOT EXISTS evidently_schema.backfill_lanes (
    lane integer PRIMARY KEY,
    last_id bigint,
    results bigint NOT NULL DEFAULT 0,
    rows bigint NOT NULL DEFAULT 0,
    batch_results bigint,
    batch_rows bigint,
    batch_seconds double precision,
    batch_at timestamptz,
    finished boolean NOT NULL DEFAULT false
);

COMMENT ON TABLE evidently_schema.backfill_lanes IS 'The checkpoints of the backfill: results up to last_id are copied, rejected or noted';

-- Begins a run, or finds the one begun: results newer than the newest of now are noted by capture, so the run has an end.
CREATE OR REPLACE FUNCTION evidently_schema.start_backfill() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off
AS $function$
BEGIN
    -- Four triggers on legacy, three on each of its five parents; one enabled for replicas only fires for no writer.
    IF (SELECT count(*) FROM pg_trigger AS t WHERE t.tgenabled IN ('O', 'A')
        AND t.tgfoid IN (to_regproc('evidently_schema.capture_legacy'), to_regproc('evidently_schema.capture_parent'))) < 19
    THEN
        RAISE EXCEPTION USING ERRCODE = 'EV007', MESSAGE = 'Capture is not installed, or in part disabled: what changes during the copy would be lost.',
            HINT = 'Migrate through 201 first, and leave its triggers evidently_schema_… enabled.';
    END IF;
    IF NOT EXISTS (SELECT FROM evidently_schema.backfill_runs) THEN
        INSERT INTO evidently_schema.backfill_runs (last_result, total)
        SELECT max(r.id), count(*) FROM (SELECT DISTINCT ep.collector_result_id AS id FROM evidently_schema.legacy_rows AS ep
            WHERE ep.collector_result_id IS NOT NULL) AS r
        ON CONFLICT DO NOTHING;
        INSERT INTO evidently_schema.backfill_lanes (lane) SELECT l FROM generate_series(0, 3) AS l ON CONFLICT DO NOTHING;
    END IF;
END
$function$;

-- The next results of a lane, in order, read from the index on collector_result_id alone.
CREATE OR REPLACE FUNCTION evidently_schema.next_results(p_lane integer, p_after bigint, p_last bigint, p_limit integer) RETURNS bigint[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_bitmapscan = off SET enable_hashagg = off
    SET enable_sort = off SET jit = off
AS $function$
BEGIN
    RETURN ARRAY(SELECT DISTINCT ep.collector_result_id FROM evidently_schema.legacy_rows AS ep
        WHERE ep.collector_result_id >= coalesce(p_after, -9223372036854775808) AND ep.collector_result_id IS DISTINCT FROM p_after
            AND ep.collector_result_id <= p_last AND evidently_schema.stripe(ep.collector_result_id) / 256 = p_lane
        ORDER BY ep.collector_result_id LIMIT p_limit);
END
$function$;

-- Projects results that have no fact, by plain INSERTs, which are cheaper than those of project(). The caller holds the stripes. What stands in
-- their way, a row written by hand, say, or a value the server refuses, makes this raise: then project_safely() does it. Returns the legacy rows read.
CREATE OR REPLACE FUNCTION evidently_schema.project_fresh(p_ids bigint[]) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off SET lock_timeout = '20ms' SET plan_cache_mode = force_generic_plan
    SET work_mem = '32MB'
AS $function$
DECLARE
    legacy_rows bigint;
BEGIN
    PERFORM set_config('evidently_schema.projecting', 'on', true); -- the days are listed below
    WITH p AS MATERIALIZED (
        SELECT r.legacy_id, r.collector_result_id, r.is_brand, r.reason, r.detail, r.projected, r.brand_id, r.customer_id, r.query_id,
            r.collector_type, r.topic, r.processed_at, r.created_at, r.competitor_id, r.visibility_index, r.share_of_answers,
            r.has_brand_presence, r.brand_first_position, r.positions, r.mentions, r.total_word_count, r.has_sentiment, r.sentiment_label,
            r.sentiment_score, r.positive_sentences, r.negative_sentences
        FROM evidently_schema.projected_rows AS r WHERE r.collector_result_id = ANY (p_ids)
    ),
    facts AS (
        INSERT INTO public.metric_facts AS t
            (collector_result_id, brand_id, customer_id, query_id, collector_type, topic, processed_at, created_at)
        SELECT p.collector_result_id, p.brand_id, p.customer_id, p.query_id, p.collector_type, p.topic, p.processed_at, p.created_at
        FROM p WHERE p.is_brand AND p.projected
        RETURNING t.id, t.collector_result_id, t.brand_id, t.processed_at
    ),
    touched AS (
        INSERT INTO evidently_schema.touched_days (brand_id, metric_date)
        SELECT DISTINCT facts.brand_id, (facts.processed_at AT TIME ZONE 'UTC')::date FROM facts
    ),
    want AS MATERIALIZED (
        SELECT facts.id AS fact_id, p.is_brand, p.competitor_id, p.visibility_index, p.share_of_answers, p.has_brand_presence,
            p.brand_first_position, p.positions, p.mentions, p.total_word_count, p.has_sentiment, p.sentiment_label, p.sentiment_score,
            p.positive_sentences, p.negative_sentences
        FROM p JOIN facts ON facts.collector_result_id = p.collector_result_id
        WHERE p.projected
    ),
    brand_metrics_new AS (
        INSERT INTO public.brand_metrics (metric_fact_id, visibility_index, share_of_answers, has_brand_presence, brand_first_position,
            brand_positions, total_brand_mentions, total_word_count)
        SELECT w.fact_id, w.visibility_index, w.share_of_answers, w.has_brand_presence, w.brand_first_position, w.positions, w.mentions,
            w.total_word_count
        FROM want AS w WHERE w.is_brand
    ),
    competitor_metrics_new AS (
        INSERT INTO public.competitor_metrics
            (metric_fact_id, competitor_id, visibility_index, share_of_answers, competitor_positions, competitor_mentions)
        SELECT w.fact_id, w.competitor_id, w.visibility_index, w.share_of_answers, w.positions, w.mentions
        FROM want AS w WHERE NOT w.is_brand
    ),
    brand_sentiment_new AS (
        INSERT INTO public.brand_sentiment (metric_fact_id, sentiment_label, sentiment_score, positive_sentences, negative_sentences)
        SELECT w.fact_id, w.sentiment_label, w.sentiment_score, w.positive_sentences, w.negative_sentences
        FROM want AS w WHERE w.is_brand AND w.has_sentiment
    ),
    competitor_sentiment_new AS (
        INSERT INTO public.competitor_sentiment
            (metric_fact_id, competitor_id, sentiment_label, sentiment_score, positive_sentences, negative_sentences)
        SELECT w.fact_id, w.competitor_id, w.sentiment_label, w.sentiment_score, w.positive_sentences, w.negative_sentences
        FROM want AS w WHERE NOT w.is_brand AND w.has_sentiment
    ),
    accepted_now AS (
        DELETE FROM evidently_schema.rejected_rows AS t
        WHERE t.collector_result_id = ANY (p_ids) AND t.legacy_id NOT IN (SELECT p.legacy_id FROM p WHERE p.reason IS NOT NULL)
    ),
    rejected AS (
        INSERT INTO evidently_schema.rejected_rows AS t (legacy_id, collector_result_id, reason, detail)
        SELECT p.legacy_id, p.collector_result_id, p.reason, nullif(p.detail, '') FROM p WHERE p.reason IS NOT NULL
        ON CONFLICT (legacy_id) DO UPDATE SET collector_result_id = excluded.collector_result_id, reason = excluded.reason,
            detail = excluded.detail, last_seen = clock_timestamp(), acknowledged = t.acknowledged AND t.reason = excluded.reason
        WHERE (t.collector_result_id, t.reason, t.detail) IS DISTINCT FROM (excluded.collector_result_id, excluded.reason, excluded.detail)
    )
    SELECT count(*) INTO legacy_rows FROM p;
    PERFORM set_config('evidently_schema.projecting', 'off', true);
    RETURN legacy_rows;
END
$function$;

-- Copies one batch of one lane and moves its checkpoint, in the caller's transaction. Inserts what is missing and overwrites nothing: a
-- result that has a fact is kept right by its notes. A result whose stripe is busy is noted and left. Returns 'copied' (p_limit results), 'ended' (the
-- lane's last, fewer), 'busy' (all lanes are with other workers) or 'finished'.
CREATE OR REPLACE FUNCTION evidently_schema.copy_batch(p_limit integer) RETURNS text
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
AS $function$
DECLARE
    started constant timestamptz := clock_timestamp();
    lane record;
    ids bigint[];
    free bigint[];
    fresh bigint[];
    legacy_rows bigint := 0;
BEGIN
    IF current_setting('transaction_isolation') <> 'read committed' THEN -- the copy's snapshot must be younger than the stripes it takes
        RAISE EXCEPTION USING ERRCODE = 'EV007',
            MESSAGE = format('History cannot be copied in a %s transaction.', current_setting('transaction_isolation')),
            HINT = 'SET default_transaction_isolation = ''read committed''; then call it again.';
    END IF;
    SELECT l.lane, l.last_id, r.last_result INTO lane
    FROM evidently_schema.backfill_lanes AS l CROSS JOIN evidently_schema.backfill_runs AS r
    WHERE NOT l.finished ORDER BY l.last_id NULLS FIRST LIMIT 1 FOR UPDATE OF l SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN CASE WHEN EXISTS (SELECT FROM evidently_schema.backfill_lanes AS l WHERE NOT l.finished) THEN 'busy' ELSE 'finished' END;
    END IF;

    ids := evidently_schema.next_results(lane.lane, lane.last_id, lane.last_result, p_limit);
    IF ids = '{}' THEN
        UPDATE evidently_schema.backfill_lanes AS l SET finished = true WHERE l.lane = lane.lane;
        RETURN 'ended';
    END IF;

    free := evidently_schema.lock_stripes(ids);
    INSERT INTO evidently_schema.change_notes (kind, collector_result_id, last_error)
    SELECT 'result', i.id, 'stripe was busy during the backfill' FROM (SELECT unnest(ids) EXCEPT SELECT unnest(free)) AS i (id);

    fresh := ARRAY(SELECT i.id FROM unnest(free) AS i (id)
        WHERE NOT EXISTS (SELECT FROM public.metric_facts AS f WHERE f.collector_result_id = i.id) ORDER BY i.id);
    BEGIN
        legacy_rows := evidently_schema.project_fresh(fresh);
    EXCEPTION
        WHEN OTHERS THEN
            INSERT INTO evidently_schema.change_notes (kind, collector_result_id, attempts, last_error)
            SELECT 'result', f.collector_result_id, 1, f.error FROM evidently_schema.project_safely(fresh) AS f;
    END;

    UPDATE evidently_schema.backfill_lanes AS l
    SET last_id = ids[cardinality(ids)], results = l.results + cardinality(ids), batch_results = cardinality(ids),
        rows = l.rows + legacy_rows, batch_rows = legacy_rows, finished = cardinality(ids) < p_limit,
        batch_seconds = extract(epoch FROM clock_timestamp() - started), batch_at = clock_timestamp()
    WHERE l.lane = lane.lane;
    RETURN CASE WHEN cardinality(ids) < p_limit THEN 'ended' ELSE 'copied' END;
END
$function$;

SELECT evidently_schema.restrict_access('evidently_schema.backfill_runs', 'evidently_schema.backfill_lanes', 'evidently_schema.start_backfill',
    'evidently_schema.next_results', 'evidently_schema.project_fresh', 'evidently_schema.copy_batch');

$step$);
