-- What is left when the legacy table is gone: the functions that hosts call, over the star and the residue. Nothing calls this yet. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], CASE WHEN to_regclass('public.extracted_positions_archived') IS NULL THEN 'SELECT' ELSE $step$

-- The view over star and residue, in the place of the one before: who holds rights on it keeps them, and what hangs on it stays.
CREATE OR REPLACE FUNCTION evidently_schema.make_retired_view(p_legacy regclass, p_row_security boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    EXECUTE format('CREATE OR REPLACE VIEW public.extracted_positions WITH (security_invoker = %s) AS
%s
UNION ALL
SELECT %s
FROM evidently_schema.legacy_residue AS r LEFT JOIN public.collector_results AS cr ON cr.id = r.collector_result_id
WHERE r.data ? ''id'' AND (SELECT v.counted FROM evidently_schema.view_reads AS v)', p_row_security, evidently_schema.rebuild_query(p_legacy, '(SELECT v.counted FROM evidently_schema.view_reads AS v)'),
        (SELECT string_agg(CASE WHEN s.name = 'raw_answer' AND NOT s.kept THEN format('CASE WHEN r.data ? ''raw_answer'' THEN %s ELSE cr.raw_answer::%s END', s.overriding, s.type)
            WHEN s.name = 'collector_result_id' THEN 'r.collector_result_id' ELSE s.overriding END || coalesce(' COLLATE ' || s.collation_name, '') || format(' AS %I', s.name), ', ' ORDER BY s.n)
            FROM evidently_schema.legacy_shape(p_legacy) AS s));
END
$function$;

-- Under row security the table's own policies go on deciding who sees a row that the residue keeps whole; of what it keeps beside the star, the facts do.
CREATE OR REPLACE FUNCTION evidently_schema.make_residue_policies(p_legacy regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    columns constant text := (SELECT string_agg(s.overriding || coalesce(' COLLATE ' || s.collation_name, '') || format(' AS %I', s.name), ', ' ORDER BY s.n) FROM evidently_schema.legacy_shape(p_legacy) AS s);
    policy record;
BEGIN
    DROP POLICY IF EXISTS evidently_schema ON evidently_schema.legacy_residue;
    FOR policy IN
        SELECT p.polname AS name, CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END AS kind, pg_get_expr(p.polqual, p.polrelid) AS condition,
            (SELECT string_agg(CASE WHEN u.role = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(u.role)) END, ', ') FROM unnest(p.polroles) AS u (role)) AS roles
        FROM pg_policy AS p WHERE p.polrelid = p_legacy AND p.polcmd IN ('r', '*') AND p.polqual IS NOT NULL
    LOOP
        EXECUTE format('CREATE POLICY %I ON evidently_schema.legacy_residue AS %s FOR SELECT TO %s USING (CASE WHEN data ? ''id''
            THEN (SELECT %s FROM (SELECT %s FROM (SELECT legacy_residue.data) AS r) AS extracted_positions_archived)
            ELSE EXISTS (SELECT FROM public.metric_facts AS f WHERE f.collector_result_id = legacy_residue.collector_result_id) END)', policy.name, policy.kind, policy.roles, policy.condition, columns);
    END LOOP;
END
$function$;

CREATE OR REPLACE FUNCTION evidently_schema.refuse_view_write() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'EV007', MESSAGE = 'extracted_positions cannot be written: the legacy table was dropped, and the view shows what the star and the residue hold.',
        HINT = 'SELECT evidently_schema.save_positions(…); replaces a result.';
END
$function$;

CREATE OR REPLACE FUNCTION evidently_schema.make_retired() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    -- Who saves a result inserts its row, and deletes it again: another who saves the same one waits until he commits, and nobody else does. Not an advisory lock:
    -- one for each result of a large transaction would fill the server's lock table, and stripes are shared by results that have nothing to do with each other.
    CREATE UNLOGGED TABLE evidently_schema.saved_now (collector_result_id bigint PRIMARY KEY);
    COMMENT ON TABLE evidently_schema.saved_now IS 'Empty: a result is in it while a call of save_positions that is not committed writes it';
    PERFORM evidently_schema.restrict_access('evidently_schema.saved_now');

    -- The star is all there is, so what it cannot hold is kept whole in the residue.
    CREATE OR REPLACE FUNCTION evidently_schema.save_star(p_collector_result_id bigint, p_items jsonb) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $save$
    DECLARE
        given jsonb := evidently_schema.given_rows(p_items);
        state text;
    BEGIN
        IF evidently_schema.caller_is_revoked() THEN
            RAISE EXCEPTION USING ERRCODE = 'insufficient_privilege', MESSAGE = 'permission denied for extracted_positions: INSERT or DELETE was revoked.',
                HINT = 'GRANT INSERT, DELETE ON public.extracted_positions; or, where a function of another role writes, SELECT evidently_schema.grant_star_writer();';
        END IF;
        IF given IS NULL OR p_items @? '$[*].id' THEN
            RAISE EXCEPTION USING ERRCODE = 'EV010', MESSAGE = format('A row of result %s names a column that extracted_positions has not, or an id.', p_collector_result_id),
                HINT = 'SELECT column_name FROM evidently_schema.legacy_columns;';
        END IF;
        INSERT INTO evidently_schema.saved_now (collector_result_id) VALUES (p_collector_result_id);
        DELETE FROM evidently_schema.saved_now AS n WHERE n.collector_result_id = p_collector_result_id;
        DELETE FROM evidently_schema.legacy_residue AS r WHERE r.collector_result_id = p_collector_result_id;
        DELETE FROM evidently_schema.legacy_ids AS i WHERE i.collector_result_id = p_collector_result_id;
        DELETE FROM evidently_schema.rejected_rows AS r WHERE r.collector_result_id = p_collector_result_id;
        BEGIN
            PERFORM evidently_schema.project_given(ARRAY[p_collector_result_id], given);
        EXCEPTION
            WHEN data_exception OR integrity_constraint_violation OR program_limit_exceeded THEN
                state := SQLSTATE; -- what only the INSERT refuses: all of it goes to the residue
        END;
        IF state = '23505' AND current_setting('transaction_isolation') NOT LIKE 'read %' THEN
            RAISE EXCEPTION USING ERRCODE = 'serialization_failure', MESSAGE = format('could not serialize access: result %s was saved by another transaction meanwhile', p_collector_result_id),
                HINT = 'Run the transaction again.';
        ELSIF state IS NOT NULL THEN
            DELETE FROM public.metric_facts AS f WHERE f.collector_result_id = p_collector_result_id;
            INSERT INTO evidently_schema.rejected_rows (legacy_id, collector_result_id, reason, detail)
            SELECT g.item ->> 'id', p_collector_result_id, 'invalid', 'SQLSTATE ' || state FROM jsonb_array_elements(given) AS g (item);
        END IF;
        PERFORM evidently_schema.keep_given(given);
        RETURN jsonb_array_length(p_items);
    END
    $save$;

    -- What can still be checked: the star in itself, and the daily view. That the star is what legacy said was checked last when legacy was dropped.
    CREATE OR REPLACE FUNCTION evidently_schema.verify() RETURNS TABLE (check_name text, missing bigint, extra bigint, different bigint, ok boolean)
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off
    AS $verify$
    DECLARE
        started constant timestamptz := clock_timestamp();
        found jsonb;
    BEGIN
        RAISE NOTICE 'The legacy table was dropped at %: that the star is its projection cannot be checked any more.', (SELECT a.dropped_at FROM evidently_schema.archive_state AS a);
        WITH days AS (
            SELECT count(*) FILTER (WHERE m.brand_id IS NULL) AS missing, count(*) FILTER (WHERE d.brand_id IS NULL) AS extra,
                count(*) FILTER (WHERE m.brand_id IS NOT NULL AND d.brand_id IS NOT NULL AND to_jsonb(m) <> to_jsonb(d)) AS wrong
            FROM (SELECT v.* FROM evidently_schema.daily_metrics AS v) AS d
            FULL JOIN public.mv_brand_daily_metrics AS m
                ON m.brand_id = d.brand_id AND m.customer_id = d.customer_id AND m.collector_type = d.collector_type AND m.metric_date = d.metric_date
            WHERE NOT EXISTS (SELECT FROM evidently_schema.touched_days AS t WHERE t.brand_id = coalesce(d.brand_id, m.brand_id) AND t.metric_date = coalesce(d.metric_date, m.metric_date))
                AND NOT EXISTS (SELECT FROM evidently_schema.touched_days AS t WHERE t.brand_id IS NULL)
        )
        SELECT jsonb_agg(jsonb_build_object('check_name', v.name, 'missing', v.missing, 'extra', v.extra, 'different', v.wrong, 'ok', v.missing + v.extra + v.wrong = 0) ORDER BY v.n)
        INTO found
        FROM days CROSS JOIN LATERAL (VALUES
            (1, 'brand_metrics', (SELECT count(*) FROM public.metric_facts AS f WHERE NOT EXISTS (SELECT FROM public.brand_metrics AS b WHERE b.metric_fact_id = f.id)), 0, 0),
            (2, 'legacy_ids', (SELECT count(*) FROM public.metric_facts AS f WHERE NOT EXISTS (SELECT FROM evidently_schema.legacy_ids AS i
                WHERE i.collector_result_id = f.collector_result_id AND i.competitor_id IS NULL)
                AND NOT EXISTS (SELECT FROM evidently_schema.legacy_residue AS r WHERE r.collector_result_id = f.collector_result_id AND r.data ? 'id')), 0, 0),
            (3, 'mv_brand_daily_metrics', days.missing, days.extra, days.wrong)
        ) AS v (n, name, missing, extra, wrong);
        INSERT INTO evidently_schema.verifications (took, ok, pending, rounded_values, other_customers, checks)
        VALUES (clock_timestamp() - started, NOT found @? '$[*] ? (@.ok == false)', 0, 0, 0, found);
        RETURN QUERY SELECT f.* FROM jsonb_to_recordset(found) AS f (check_name text, missing bigint, extra bigint, different bigint, ok boolean);
    END
    $verify$;

    CREATE OR REPLACE FUNCTION evidently_schema.repair() RETURNS bigint
    LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
    AS $repair$
    BEGIN
        PERFORM public.refresh_mv_brand_daily_metrics(); -- nothing is noted any more
        RETURN 0;
    END
    $repair$;

    CREATE OR REPLACE FUNCTION evidently_schema.drain_turn(p_limit integer DEFAULT 200, OUT projected bigint, OUT expanded bigint)
    LANGUAGE sql SET search_path = pg_catalog, pg_temp AS 'SELECT 0::bigint, 0::bigint';
    CREATE OR REPLACE PROCEDURE evidently_schema.drain(max_seconds integer DEFAULT NULL) LANGUAGE sql AS '';
    CREATE OR REPLACE PROCEDURE evidently_schema.backfill(max_seconds integer DEFAULT NULL) LANGUAGE sql AS '';

    EXECUTE replace(pg_get_functiondef('evidently_schema.allow_reads(name)'::regprocedure),
        'evidently_schema.legacy_rows, evidently_schema.query_topics, evidently_schema.projected_rows, evidently_schema.projected_brand_rows, ', ''); -- which are gone
END
$function$;

SELECT evidently_schema.restrict_access('evidently_schema.make_retired_view', 'evidently_schema.make_residue_policies', 'evidently_schema.refuse_view_write', 'evidently_schema.make_retired');

$step$ END);
