-- Writing the star from the projection. Every projector holds the stripes of its results until it commits, and never waits for one.
CALL evidently_schema.step(ARRAY[]::text[], $step$

-- The stripe of a result: 0 to 1023. A lock per result would exhaust the server's lock table.
CREATE OR REPLACE FUNCTION evidently_schema.stripe(p_result bigint) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN ((p_result % 1024 + 1024) % 1024)::integer;

-- Takes the stripes of the results until the end of the transaction and returns the results whose stripe was free.
CREATE OR REPLACE FUNCTION evidently_schema.lock_stripes(p_ids bigint[]) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF cardinality(p_ids) = 1 THEN -- as a writer's nearly always: without a query
        RETURN CASE WHEN pg_try_advisory_xact_lock(1702259053, evidently_schema.stripe(p_ids[1])) THEN p_ids ELSE '{}' END;
    END IF;
    RETURN (
        WITH ids AS MATERIALIZED (
            SELECT DISTINCT i.id, evidently_schema.stripe(i.id) AS stripe FROM unnest(p_ids) AS i (id) WHERE i.id IS NOT NULL
        ),
        locks AS MATERIALIZED (
            SELECT s.stripe, pg_try_advisory_xact_lock(1702259053, s.stripe) AS taken FROM (SELECT DISTINCT ids.stripe FROM ids) AS s
        )
        SELECT coalesce(array_agg(ids.id ORDER BY ids.id), '{}') FROM ids JOIN locks ON locks.stripe = ids.stripe WHERE locks.taken);
END
$function$;

-- From phase 5 on: the results that were written to the star alone, which no projector touches.
CREATE TABLE IF NOT EXISTS evidently_schema.star_only_results (
    collector_result_id bigint PRIMARY KEY,
    written_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

COMMENT ON TABLE evidently_schema.star_only_results IS 'Results written to the star alone since extracted_positions was archived: the star is all there is of them';

-- Makes the star rows of these results what the projection says: inserts what is missing, updates what differs, deletes what is gone, in
-- one statement with one snapshot; a fact keeps its id. Writes nothing when nothing differs. The caller holds the stripes. Plans are made
-- once, for any number of ids, and never scan a table or an index whole, whatever the statistics say of a star still small: hence = ANY and
-- NOT IN, which cannot become a nested loop over the star, as a join made while it was empty did.
CREATE OR REPLACE FUNCTION evidently_schema.project(p_ids bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_generic_plan
AS $function$
BEGIN
    IF EXISTS (SELECT FROM evidently_schema.star_only_results) THEN
        p_ids := evidently_schema.without_star_only(p_ids);
    END IF;
    PERFORM set_config('evidently_schema.projecting', 'on', true); -- our own deletes need no note, and the days are listed below
    WITH p AS MATERIALIZED (
        SELECT r.legacy_id, r.collector_result_id, r.is_brand, r.reason, r.detail, r.projected, r.brand_id, r.customer_id, r.query_id,
            r.collector_type, r.topic, r.processed_at, r.created_at, r.competitor_id, r.visibility_index, r.share_of_answers,
            r.has_brand_presence, r.brand_first_position, r.positions, r.mentions, r.total_word_count, r.has_sentiment, r.sentiment_label,
            r.sentiment_score, r.positive_sentences, r.negative_sentences
        FROM evidently_schema.projected_rows AS r WHERE r.collector_result_id = ANY (p_ids)
    ),
    had AS MATERIALIZED (
        SELECT f.id, f.collector_result_id, f.brand_id, f.processed_at FROM public.metric_facts AS f WHERE f.collector_result_id = ANY (p_ids)
    ),
    facts AS (
        INSERT INTO public.metric_facts AS t
            (collector_result_id, brand_id, customer_id, query_id, collector_type, topic, processed_at, created_at)
        SELECT p.collector_result_id, p.brand_id, p.customer_id, p.query_id, p.collector_type, p.topic, p.processed_at, p.created_at
        FROM p WHERE p.is_brand AND p.projected
        ON CONFLICT (collector_result_id) DO UPDATE SET brand_id = excluded.brand_id, customer_id = excluded.customer_id,
            query_id = excluded.query_id, collector_type = excluded.collector_type, topic = excluded.topic,
            processed_at = excluded.processed_at, created_at = excluded.created_at
        WHERE (t.brand_id, t.customer_id, t.query_id, t.collector_type, t.topic, t.processed_at, t.created_at)
            IS DISTINCT FROM (excluded.brand_id, excluded.customer_id, excluded.query_id, excluded.collector_type, excluded.topic,
                excluded.processed_at, excluded.created_at)
        RETURNING t.id, t.collector_result_id
    ),
    -- Each projected row with the id of its fact, new or old.
    want AS MATERIALIZED (
        SELECT k.id AS fact_id, p.*
        FROM p JOIN (SELECT facts.id, facts.collector_result_id FROM facts UNION SELECT had.id, had.collector_result_id FROM had) AS k
            ON k.collector_result_id = p.collector_result_id
        WHERE p.projected
    ),
    gone AS (
        DELETE FROM public.metric_facts AS t
        WHERE t.id = ANY (ARRAY(SELECT had.id FROM had)) AND t.id NOT IN (SELECT want.fact_id FROM want WHERE want.is_brand)
        RETURNING t.id
    ),
    brand_metrics_gone AS (
        DELETE FROM public.brand_metrics AS t
        WHERE t.metric_fact_id = ANY (ARRAY(SELECT had.id FROM had)) AND t.metric_fact_id NOT IN (SELECT want.fact_id FROM want WHERE want.is_brand)
        RETURNING t.metric_fact_id
    ),
    brand_metrics_new AS (
        INSERT INTO public.brand_metrics AS t (metric_fact_id, visibility_index, share_of_answers, has_brand_presence, brand_first_position,
            brand_positions, total_brand_mentions, total_word_count)
        SELECT w.fact_id, w.visibility_index, w.share_of_answers, w.has_brand_presence, w.brand_first_position, w.positions, w.mentions,
            w.total_word_count
        FROM want AS w WHERE w.is_brand
        ON CONFLICT (metric_fact_id) DO UPDATE SET visibility_index = excluded.visibility_index, share_of_answers = excluded.share_of_answers,
            has_brand_presence = excluded.has_brand_presence, brand_first_position = excluded.brand_first_position,
            brand_positions = excluded.brand_positions, total_brand_mentions = excluded.total_brand_mentions,
            total_word_count = excluded.total_word_count
        WHERE (t.visibility_index, t.share_of_answers, t.has_brand_presence, t.brand_first_position, t.brand_positions,
                t.total_brand_mentions, t.total_word_count)
            IS DISTINCT FROM (excluded.visibility_index, excluded.share_of_answers, excluded.has_brand_presence, excluded.brand_first_position,
                excluded.brand_positions, excluded.total_brand_mentions, excluded.total_word_count)
        RETURNING t.metric_fact_id
    ),
    competitor_metrics_gone AS (
        DELETE FROM public.competitor_metrics AS t
        WHERE t.metric_fact_id = ANY (ARRAY(SELECT had.id FROM had))
            AND (t.metric_fact_id, t.competitor_id) NOT IN (SELECT want.fact_id, want.competitor_id FROM want WHERE NOT want.is_brand)
    ),
    competitor_metrics_new AS (
        INSERT INTO public.competitor_metrics AS t
            (metric_fact_id, competitor_id, visibility_index, share_of_answers, competitor_positions, competitor_mentions)
        SELECT w.fact_id, w.competitor_id, w.visibility_index, w.share_of_answers, w.positions, w.mentions
        FROM want AS w WHERE NOT w.is_brand
        ON CONFLICT (metric_fact_id, competitor_id) DO UPDATE SET visibility_index = excluded.visibility_index,
            share_of_answers = excluded.share_of_answers, competitor_positions = excluded.competitor_positions,
            competitor_mentions = excluded.competitor_mentions
        WHERE (t.visibility_index, t.share_of_answers, t.competitor_positions, t.competitor_mentions)
            IS DISTINCT FROM (excluded.visibility_index, excluded.share_of_answers, excluded.competitor_positions, excluded.competitor_mentions)
    ),
    brand_sentiment_gone AS (
        DELETE FROM public.brand_sentiment AS t
        WHERE t.metric_fact_id = ANY (ARRAY(SELECT had.id FROM had)) AND t.metric_fact_id NOT IN (SELECT want.fact_id FROM want WHERE want.is_brand AND want.has_sentiment)
        RETURNING t.metric_fact_id
    ),
    brand_sentiment_new AS (
        INSERT INTO public.brand_sentiment AS t (metric_fact_id, sentiment_label, sentiment_score, positive_sentences, negative_sentences)
        SELECT w.fact_id, w.sentiment_label, w.sentiment_score, w.positive_sentences, w.negative_sentences
        FROM want AS w WHERE w.is_brand AND w.has_sentiment
        ON CONFLICT (metric_fact_id) DO UPDATE SET sentiment_label = excluded.sentiment_label, sentiment_score = excluded.sentiment_score,
            positive_sentences = excluded.positive_sentences, negative_sentences = excluded.negative_sentences
        WHERE (t.sentiment_label, t.sentiment_score, t.positive_sentences, t.negative_sentences)
            IS DISTINCT FROM (excluded.sentiment_label, excluded.sentiment_score, excluded.positive_sentences, excluded.negative_sentences)
        RETURNING t.metric_fact_id
    ),
    competitor_sentiment_gone AS (
        DELETE FROM public.competitor_sentiment AS t
        WHERE t.metric_fact_id = ANY (ARRAY(SELECT had.id FROM had))
            AND (t.metric_fact_id, t.competitor_id) NOT IN (SELECT want.fact_id, want.competitor_id FROM want WHERE NOT want.is_brand AND want.has_sentiment)
    ),
    competitor_sentiment_new AS (
        INSERT INTO public.competitor_sentiment AS t
            (metric_fact_id, competitor_id, sentiment_label, sentiment_score, positive_sentences, negative_sentences)
        SELECT w.fact_id, w.competitor_id, w.sentiment_label, w.sentiment_score, w.positive_sentences, w.negative_sentences
        FROM want AS w WHERE NOT w.is_brand AND w.has_sentiment
        ON CONFLICT (metric_fact_id, competitor_id) DO UPDATE SET sentiment_label = excluded.sentiment_label,
            sentiment_score = excluded.sentiment_score, positive_sentences = excluded.positive_sentences,
            negative_sentences = excluded.negative_sentences
        WHERE (t.sentiment_label, t.sentiment_score, t.positive_sentences, t.negative_sentences)
            IS DISTINCT FROM (excluded.sentiment_label, excluded.sentiment_score, excluded.positive_sentences, excluded.negative_sentences)
    ),
    -- As the triggers of the daily view would: the days of what was, and of what is now.
    touched AS (
        INSERT INTO evidently_schema.touched_days (brand_id, metric_date)
        SELECT DISTINCT d.brand_id, (d.processed_at AT TIME ZONE 'UTC')::date
        FROM (SELECT facts.id FROM facts UNION ALL SELECT gone.id FROM gone
            UNION ALL SELECT g.metric_fact_id FROM brand_metrics_gone AS g UNION ALL SELECT n.metric_fact_id FROM brand_metrics_new AS n
            UNION ALL SELECT g.metric_fact_id FROM brand_sentiment_gone AS g UNION ALL SELECT n.metric_fact_id FROM brand_sentiment_new AS n) AS c
        JOIN (SELECT had.id, had.brand_id, had.processed_at FROM had
            UNION ALL SELECT want.fact_id, want.brand_id, want.processed_at FROM want WHERE want.is_brand) AS d ON d.id = c.id
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
    PERFORM set_config('evidently_schema.projecting', 'off', true);
END
$function$;

-- What only the INSERT can refuse: the result leaves the star, and its rows are rejected as invalid, with the SQLSTATE.
CREATE OR REPLACE FUNCTION evidently_schema.reject_result(p_id bigint, p_sqlstate text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    v_fact bigint := (SELECT f.id FROM public.metric_facts AS f WHERE f.collector_result_id = p_id);
BEGIN
    PERFORM set_config('evidently_schema.projecting', 'on', true);
    INSERT INTO evidently_schema.touched_days (brand_id, metric_date)
    SELECT f.brand_id, (f.processed_at AT TIME ZONE 'UTC')::date FROM public.metric_facts AS f WHERE f.id = v_fact;
    DELETE FROM public.brand_metrics WHERE metric_fact_id = v_fact;
    DELETE FROM public.competitor_metrics WHERE metric_fact_id = v_fact;
    DELETE FROM public.brand_sentiment WHERE metric_fact_id = v_fact;
    DELETE FROM public.competitor_sentiment WHERE metric_fact_id = v_fact;
    DELETE FROM public.metric_facts WHERE id = v_fact;
    PERFORM set_config('evidently_schema.projecting', 'off', true);
    DELETE FROM evidently_schema.rejected_rows WHERE collector_result_id = p_id;
    INSERT INTO evidently_schema.rejected_rows AS t (legacy_id, collector_result_id, reason, detail)
    SELECT p.legacy_id, p.collector_result_id,
        CASE WHEN p.projected THEN 'invalid' ELSE p.reason END, CASE WHEN p.projected THEN 'SQLSTATE ' || p_sqlstate ELSE nullif(p.detail, '') END
    FROM evidently_schema.projected_rows AS p WHERE p.collector_result_id = ANY (ARRAY[p_id])
    ON CONFLICT (legacy_id) DO UPDATE SET collector_result_id = excluded.collector_result_id, reason = excluded.reason,
        detail = excluded.detail, last_seen = clock_timestamp();
END
$function$;

-- Projects, and finds by halving which result the server refuses, or which waits for a row the application holds: nobody is waited for
-- longer than 20 ms, or those that wait for our rows would wait as long, and deadlock. Returns the results that could not be projected for
-- a reason that passes (a lock, a parent deleted just now, no memory), and from p_until on all that is left after a lock: to be noted again.
CREATE OR REPLACE FUNCTION evidently_schema.project_safely(p_ids bigint[], p_until timestamptz DEFAULT clock_timestamp() + interval '0.15 seconds')
RETURNS TABLE (collector_result_id bigint, error text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET lock_timeout = '20ms'
AS $function$
DECLARE
    half constant integer := cardinality(p_ids) / 2;
    state text;
BEGIN
    IF coalesce(cardinality(p_ids), 0) = 0 THEN
        RETURN;
    END IF;
    BEGIN
        PERFORM evidently_schema.project(p_ids);
        RETURN;
    EXCEPTION
        WHEN OTHERS THEN
            state := SQLSTATE; -- judged below, outside the failed subtransaction
    END;
    IF half > 0 AND (state <> '23503' AND left(state, 2) IN ('21', '22', '23', '54')
        OR state IN ('55P03', '40P01') AND clock_timestamp() < p_until)
    THEN
        RETURN QUERY SELECT * FROM evidently_schema.project_safely(p_ids[:half], p_until);
        RETURN QUERY SELECT * FROM evidently_schema.project_safely(p_ids[half + 1:], p_until);
        RETURN;
    END IF;
    IF state <> '23503' AND left(state, 2) IN ('21', '22', '23', '54') THEN
        BEGIN
            PERFORM evidently_schema.reject_result(p_ids[1], state);
            RETURN;
        EXCEPTION
            WHEN OTHERS THEN
                state := SQLSTATE; -- not even that: noted, so that one result does not stop its batch
        END;
    END IF;
    RETURN QUERY SELECT i.id, 'SQLSTATE ' || state FROM unnest(p_ids) AS i (id);
END
$function$;

-- The stripe of the rows without a result. Whoever lists them holds it until it commits: a note drained beside an older listing would
-- leave that listing in place after the row was given a result.
CREATE OR REPLACE FUNCTION evidently_schema.lock_loose_rows() RETURNS boolean
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT pg_try_advisory_xact_lock(1702259053, 1024)
$function$;

-- Legacy rows without a result: rejected as such, or no longer. NULL: all of them. The caller holds their stripe.
CREATE OR REPLACE FUNCTION evidently_schema.reject_without_result(p_legacy_ids text[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp
AS $function$
    WITH p AS MATERIALIZED (
        SELECT r.legacy_id, r.reason FROM evidently_schema.projected_rejected_rows AS r
        WHERE r.collector_result_id IS NULL AND (p_legacy_ids IS NULL OR r.legacy_id = ANY (p_legacy_ids))
    ),
    gone AS (
        DELETE FROM evidently_schema.rejected_rows AS t
        WHERE t.reason = 'no_result_id' AND (p_legacy_ids IS NULL OR t.legacy_id = ANY (p_legacy_ids))
            AND NOT EXISTS (SELECT FROM p WHERE p.legacy_id = t.legacy_id)
    )
    INSERT INTO evidently_schema.rejected_rows AS t (legacy_id, collector_result_id, reason)
    SELECT p.legacy_id, NULL, p.reason FROM p
    ON CONFLICT (legacy_id) DO UPDATE SET collector_result_id = NULL, reason = excluded.reason, detail = NULL, last_seen = clock_timestamp(),
        acknowledged = false
    WHERE t.collector_result_id IS NOT NULL OR t.reason <> excluded.reason
$function$;

SELECT evidently_schema.restrict_access('evidently_schema.star_only_results', 'evidently_schema.stripe', 'evidently_schema.lock_stripes', 'evidently_schema.lock_loose_rows', 'evidently_schema.project',
    'evidently_schema.reject_result', 'evidently_schema.project_safely', 'evidently_schema.reject_without_result');

$step$);
