-- What capture does in the modes sync and strict. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

-- Drains at most three due notes of results, or else one parent's note whose results are few, in the writer's transaction: a database
-- without a scheduler heals under its own traffic. What is drained stays locked until that transaction ends, so only where that is likely to be
-- with this statement: one that begins its transaction (which its Parse did, a moment ago), or a request of PostgREST's. Waits 1 ms at most for a row; what fails keeps its note. Looks at the hundred
-- oldest notes, then, lest those be held or fail for ever, at a hundred somewhere: however many there are, the writer pays the same.
CREATE OR REPLACE FUNCTION evidently_schema.drain_on_the_way() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '1ms' SET enable_seqscan = off
AS $function$
DECLARE
    last_note constant bigint := (SELECT max(n.id) FROM evidently_schema.change_notes AS n);
    results bigint[];
    parent bigint;
    state text;
BEGIN
    IF last_note IS NULL OR statement_timestamp() > transaction_timestamp() + interval '1 millisecond' AND coalesce(current_setting('request.method', true), '') = '' THEN
        RETURN;
    END IF;
    results := evidently_schema.due_results(3, 0, 100);
    IF results = '{}' THEN
        results := evidently_schema.due_results(3, last_note - (random() * (last_note - (SELECT min(n.id) FROM evidently_schema.change_notes AS n)))::bigint, 100);
    END IF;
    IF results <> '{}' THEN
        BEGIN
            DELETE FROM evidently_schema.change_notes AS n WHERE n.kind IN ('result', 'collector_result') AND n.collector_result_id = ANY (results);
            PERFORM evidently_schema.project(results);
            RETURN;
        EXCEPTION
            WHEN OTHERS THEN
                state := SQLSTATE; -- the notes are there again
        END;
        IF state <> '23503' AND left(state, 2) IN ('21', '22', '23', '54') THEN
            PERFORM evidently_schema.drain_results(results); -- finds the one that the server refuses
        ELSE
            UPDATE evidently_schema.change_notes AS n SET attempts = n.attempts + 1, noted_at = clock_timestamp(), last_error = 'SQLSTATE ' || state
            WHERE n.kind IN ('result', 'collector_result') AND n.collector_result_id = ANY (results);
        END IF;
        RETURN;
    END IF;
    -- By the index of parents' notes: in the order of ids all notes of results would be passed over.
    parent := (WITH parents AS MATERIALIZED (SELECT c.id FROM evidently_schema.change_notes AS c
            WHERE c.kind IN ('brand', 'query', 'customer', 'competitor', 'all') AND c.noted_at < transaction_timestamp())
        SELECT min(parents.id) FROM parents);
    IF (SELECT n.kind <> 'all'
            AND (SELECT count(*) FROM (SELECT FROM public.metric_facts AS f WHERE f.brand_id = n.brand_id LIMIT 1001) AS f) <= 1000
            AND (SELECT count(*) FROM (SELECT FROM public.metric_facts AS f WHERE f.query_id = n.query_id LIMIT 1001) AS f) <= 1000
            AND (SELECT count(*) FROM (SELECT FROM public.metric_facts AS f WHERE f.customer_id = n.customer_id LIMIT 1001) AS f) <= 1000
            AND (SELECT count(*) FROM (SELECT FROM evidently_schema.rejected_rows LIMIT 1001) AS x) <= 1000
        FROM evidently_schema.parent_notes AS n WHERE n.id = parent)
    THEN
        PERFORM evidently_schema.expand_parent_notes(1, 20000, parent);
    END IF;
EXCEPTION
    WHEN OTHERS THEN
        NULL; -- the notes are as they were
END
$function$;

-- Projects a few results that have no fact: scored for the first time, as nearly all that is written. What project_fresh() does, with less to start for each
-- result: facts are joined by nested loops, and rejected rows looked at in a statement of their own, when there are any. The caller holds the stripes.
CREATE OR REPLACE FUNCTION evidently_schema.project_scored(p_ids bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_memoize = off
    SET jit = off SET plan_cache_mode = force_generic_plan
AS $function$
DECLARE
    rejected bigint;
    projecting text;
BEGIN
    projecting := set_config('evidently_schema.projecting', 'on', true); -- the days are listed below
    WITH p AS MATERIALIZED (
        SELECT r.legacy_id, r.collector_result_id, r.is_brand, r.reason, r.projected, r.brand_id, r.customer_id, r.query_id, r.collector_type, r.topic,
            r.processed_at, r.created_at, r.competitor_id, r.visibility_index, r.share_of_answers, r.has_brand_presence, r.brand_first_position, r.positions,
            r.mentions, r.total_word_count, r.has_sentiment, r.sentiment_label, r.sentiment_score, r.positive_sentences, r.negative_sentences
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
        SELECT facts.brand_id, (facts.processed_at AT TIME ZONE 'UTC')::date FROM facts
    ),
    brand_metrics_new AS (
        INSERT INTO public.brand_metrics (metric_fact_id, visibility_index, share_of_answers, has_brand_presence, brand_first_position,
            brand_positions, total_brand_mentions, total_word_count)
        SELECT facts.id, p.visibility_index, p.share_of_answers, p.has_brand_presence, p.brand_first_position, p.positions, p.mentions, p.total_word_count
        FROM facts JOIN p ON p.collector_result_id = facts.collector_result_id WHERE p.is_brand AND p.projected
    ),
    competitor_metrics_new AS (
        INSERT INTO public.competitor_metrics
            (metric_fact_id, competitor_id, visibility_index, share_of_answers, competitor_positions, competitor_mentions)
        SELECT facts.id, p.competitor_id, p.visibility_index, p.share_of_answers, p.positions, p.mentions
        FROM facts JOIN p ON p.collector_result_id = facts.collector_result_id WHERE NOT p.is_brand AND p.projected
    ),
    brand_sentiment_new AS (
        INSERT INTO public.brand_sentiment (metric_fact_id, sentiment_label, sentiment_score, positive_sentences, negative_sentences)
        SELECT facts.id, p.sentiment_label, p.sentiment_score, p.positive_sentences, p.negative_sentences
        FROM facts JOIN p ON p.collector_result_id = facts.collector_result_id WHERE p.is_brand AND p.projected AND p.has_sentiment
    ),
    competitor_sentiment_new AS (
        INSERT INTO public.competitor_sentiment
            (metric_fact_id, competitor_id, sentiment_label, sentiment_score, positive_sentences, negative_sentences)
        SELECT facts.id, p.competitor_id, p.sentiment_label, p.sentiment_score, p.positive_sentences, p.negative_sentences
        FROM facts JOIN p ON p.collector_result_id = facts.collector_result_id WHERE NOT p.is_brand AND p.projected AND p.has_sentiment
    )
    SELECT count(p.reason) INTO rejected FROM p;
    projecting := set_config('evidently_schema.projecting', 'off', true);
    IF rejected > 0 OR EXISTS (SELECT FROM evidently_schema.rejected_rows AS t WHERE t.collector_result_id = ANY (p_ids)) THEN
        WITH p AS MATERIALIZED (
            SELECT r.legacy_id, r.collector_result_id, r.reason, r.detail
            FROM evidently_schema.projected_rows AS r WHERE r.collector_result_id = ANY (p_ids)
        ),
        accepted_now AS (
            DELETE FROM evidently_schema.rejected_rows AS t
            WHERE t.collector_result_id = ANY (p_ids) AND t.legacy_id NOT IN (SELECT p.legacy_id FROM p WHERE p.reason IS NOT NULL)
        )
        INSERT INTO evidently_schema.rejected_rows AS t (legacy_id, collector_result_id, reason, detail)
        SELECT p.legacy_id, p.collector_result_id, p.reason, nullif(p.detail, '') FROM p WHERE p.reason IS NOT NULL
        ON CONFLICT (legacy_id) DO UPDATE SET collector_result_id = excluded.collector_result_id, reason = excluded.reason,
            detail = excluded.detail, last_seen = clock_timestamp(), acknowledged = t.acknowledged AND t.reason = excluded.reason
        WHERE (t.collector_result_id, t.reason, t.detail) IS DISTINCT FROM (excluded.collector_result_id, excluded.reason, excluded.detail);
    END IF;
END
$function$;

-- Projects changed results in the writer's transaction. Waits for no stripe and no table, and 20 ms at most for a row: a result whose stripe
-- is busy is noted; at the first lock that cannot be had, all the rest is. What else fails is noted with its error, or, when p_strict, fails
-- the writer with EV009.
CREATE OR REPLACE FUNCTION evidently_schema.sync_results(p_ids bigint[], p_strict boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '20ms' SET enable_seqscan = off
AS $function$
DECLARE
    free constant bigint[] := evidently_schema.lock_stripes(p_ids);
    state text;
    failed record;
BEGIN
    IF cardinality(free) < cardinality(p_ids) THEN
        INSERT INTO evidently_schema.change_notes (kind, collector_result_id, last_error)
        SELECT 'result', u.id, 'stripe was busy' FROM unnest(p_ids) AS u (id) WHERE u.id <> ALL (free);
    END IF;

    BEGIN
        LOCK TABLE public.metric_facts, public.brand_metrics, public.competitor_metrics, public.brand_sentiment, public.competitor_sentiment
            IN ROW EXCLUSIVE MODE NOWAIT;
        IF EXISTS (SELECT FROM public.metric_facts AS f WHERE f.collector_result_id = ANY (free)) THEN
            PERFORM evidently_schema.project(free);
        ELSIF cardinality(free) <= 4 THEN
            PERFORM evidently_schema.project_scored(free); -- for the first time: there is nothing to compare with
        ELSE
            PERFORM evidently_schema.project_fresh(free); -- the same for many
        END IF;
    EXCEPTION
        WHEN OTHERS THEN
            state := SQLSTATE; -- judged below, outside the failed subtransaction
    END;
    IF state IS NULL THEN
        PERFORM evidently_schema.drain_on_the_way();
        RETURN;
    END IF;

    FOR failed IN
        SELECT f.collector_result_id, f.error FROM evidently_schema.project_safely(free, '-infinity') AS f
        WHERE state <> '23503' AND left(state, 2) IN ('21', '22', '23', '54')
        UNION ALL
        SELECT u.id, 'SQLSTATE ' || state FROM unnest(free) AS u (id) WHERE state = '23503' OR left(state, 2) NOT IN ('21', '22', '23', '54')
    LOOP
        IF p_strict AND failed.error NOT IN ('SQLSTATE 55P03', 'SQLSTATE 40P01', 'SQLSTATE 23503') THEN
            RAISE EXCEPTION USING ERRCODE = 'EV009',
                MESSAGE = format('Result %s could not be written to the star (%s), and dual_write is strict.', failed.collector_result_id, failed.error),
                HINT = 'UPDATE evidently_schema.settings SET value = ''sync'' WHERE name = ''dual_write''; lets the write pass and notes the result.';
        END IF;
        INSERT INTO evidently_schema.change_notes (kind, collector_result_id, attempts, last_error)
        VALUES ('result', failed.collector_result_id, 1, failed.error);
    END LOOP;
END
$function$;

-- How the dual-write is doing. failing: results tried in vain; oldest: the age of the oldest note.
CREATE OR REPLACE VIEW evidently_schema.dual_write_status WITH (security_invoker = true) AS
SELECT
    (SELECT s.value FROM evidently_schema.settings AS s WHERE s.name = 'dual_write') AS mode,
    count(n.id) AS notes,
    count(DISTINCT n.collector_result_id) FILTER (WHERE n.attempts > 0) AS failing,
    clock_timestamp() - min(n.noted_at) AS oldest,
    (array_agg(n.last_error ORDER BY n.id DESC) FILTER (WHERE n.attempts > 0))[1] AS last_error
FROM evidently_schema.change_notes AS n;

COMMENT ON VIEW evidently_schema.dual_write_status IS
    'One row: the mode, how many changes are noted and not yet in the star, the age of the oldest, how many results fail and why';

SELECT evidently_schema.restrict_access('evidently_schema.drain_on_the_way', 'evidently_schema.project_scored', 'evidently_schema.sync_results', 'evidently_schema.dual_write_status');

$step$);
