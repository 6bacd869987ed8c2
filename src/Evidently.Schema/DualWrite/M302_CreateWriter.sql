-- The plan's savePositions, one call a result. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

-- The rows of a result as save_positions writes them, brand row first. Raises EV010 for what is no result.
CREATE OR REPLACE FUNCTION evidently_schema.position_rows(p_collector_result_id bigint, p_brand jsonb, p_competitors jsonb) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    result constant jsonb := jsonb_build_object('collector_result_id', p_collector_result_id);
    items jsonb;
    objects boolean;
    nameless boolean;
BEGIN
    IF p_collector_result_id IS NOT NULL AND jsonb_typeof(p_brand) = 'object' AND jsonb_typeof(p_competitors) = 'array' THEN
        SELECT jsonb_agg(CASE WHEN jsonb_typeof(c.item) = 'object' THEN c.item || result END ORDER BY c.n), coalesce(bool_and(jsonb_typeof(c.item) = 'object'), true),
            bool_or(coalesce(btrim(c.item ->> 'competitor_name'), '') = '')
        INTO items, objects, nameless FROM jsonb_array_elements(p_competitors) WITH ORDINALITY AS c (item, n);
    END IF;
    IF objects IS NOT TRUE THEN
        RAISE EXCEPTION USING ERRCODE = 'EV010', MESSAGE = 'save_positions needs a result id, a brand row and an array of competitor rows.',
            HINT = 'SELECT evidently_schema.save_positions(1, ''{"brand_id": "…"}'', ''[{"competitor_name": "…"}]'');';
    ELSIF nameless THEN
        RAISE EXCEPTION USING ERRCODE = 'EV010',
            MESSAGE = format('A competitor row of result %s has no competitor_name: it would be a second brand row.', p_collector_result_id),
            HINT = 'Give each competitor row its competitor_name.';
    END IF;
    RETURN jsonb_build_array(p_brand || '{"competitor_name": null}' || result) || coalesce(items, '[]');
END
$function$;

-- Defaults that ask who writes: evaluated with the caller's rights, before save_star() runs with its owner's. Made of the host's catalog when the table is archived; until then there are none.
CREATE OR REPLACE FUNCTION evidently_schema.callers_defaults(p_items jsonb) RETURNS jsonb LANGUAGE sql AS 'SELECT p_items';

-- Whether who calls has lost his rights on legacy: save_star() writes with its owner's, and who may call it was granted once. The caller of a function that runs with its
-- owner's rights is only known by the session: its user, or the role it has set.
CREATE OR REPLACE FUNCTION evidently_schema.caller_is_revoked() RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    caller constant name := CASE current_setting('role') WHEN 'none' THEN session_user::text ELSE current_setting('role') END;
BEGIN
    RETURN has_function_privilege(caller, 'evidently_schema.save_star(bigint, jsonb)', 'EXECUTE')
        AND NOT (has_table_privilege(caller, 'public.extracted_positions', 'INSERT') AND has_table_privilege(caller, 'public.extracted_positions', 'DELETE'));
END
$function$;

-- From phase 5 on, with write_target star: writes a result to the star alone, under its stripe, and returns how many rows; NULL: it was not
-- written, and must be written to legacy. That is so while write_target is both, above READ COMMITTED, for who has lost his rights, when the stripe is busy, when a row of the star or a parent is held for 20 ms,
-- which a writer of legacy would not wait for, and for what the star cannot hold. The lock keeps the archived table what it is until the writer commits, whichever name it has then.
CREATE OR REPLACE FUNCTION evidently_schema.save_star(p_collector_result_id bigint, p_items jsonb) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    patience constant text := current_setting('lock_timeout');
    given jsonb;
BEGIN
    IF NOT EXISTS (SELECT FROM evidently_schema.settings AS s WHERE s.name = 'write_target' AND s.value = 'star')
        OR current_setting('transaction_isolation') NOT LIKE 'read %'
        OR p_items @? '$[*].id' -- whether it is free, the table's key says
        OR evidently_schema.caller_is_revoked() -- whether he may all the same, by a function of another's, the table says
    THEN
        RETURN NULL;
    END IF;
    BEGIN
        LOCK TABLE evidently_schema.legacy_rows IN ROW EXCLUSIVE MODE;
    EXCEPTION
        WHEN undefined_table THEN
            IF to_regclass('evidently_schema.legacy_rows') IS NOT NULL THEN
                RAISE;
            END IF;
            RETURN evidently_schema.save_star(p_collector_result_id, p_items); -- cleanup has just ended: the function is another now
    END;
    IF NOT EXISTS (SELECT FROM evidently_schema.settings AS s WHERE s.name = 'write_target' AND s.value = 'star')
        OR NOT pg_try_advisory_xact_lock(1702259053, evidently_schema.stripe(p_collector_result_id))
    THEN
        RETURN NULL;
    END IF;
    BEGIN -- whatever fails here, the lock above is kept: cleanup does not end before the rows are in legacy
        PERFORM set_config('lock_timeout', '20ms', true);
        given := evidently_schema.given_rows(p_items);
        IF given IS NULL THEN
            RAISE SQLSTATE 'EV000'; -- a key that is no column: the INSERT says which
        END IF;
        -- First: what is noted later is not seen when legacy rows are deleted below, and is brought back by whoever drains the note. Of a new result there is nothing: one look
        -- in place of statements.
        IF EXISTS (SELECT FROM evidently_schema.star_only_results AS s WHERE s.collector_result_id = p_collector_result_id)
            OR EXISTS (SELECT FROM evidently_schema.change_notes AS n WHERE n.collector_result_id = p_collector_result_id)
            OR EXISTS (SELECT FROM evidently_schema.legacy_residue AS r WHERE r.collector_result_id = p_collector_result_id)
            OR EXISTS (SELECT FROM evidently_schema.legacy_ids AS i WHERE i.collector_result_id = p_collector_result_id)
            OR EXISTS (SELECT FROM evidently_schema.rejected_rows AS r WHERE r.collector_result_id = p_collector_result_id)
        THEN
            DELETE FROM evidently_schema.change_notes AS n WHERE n.kind IN ('result', 'collector_result') AND n.collector_result_id = p_collector_result_id;
            PERFORM FROM evidently_schema.star_only_results AS s WHERE s.collector_result_id = p_collector_result_id FOR UPDATE;
            DELETE FROM evidently_schema.legacy_residue AS r WHERE r.collector_result_id = p_collector_result_id; -- rows kept whole by a cleanup that was begun, too
            DELETE FROM evidently_schema.legacy_ids AS i WHERE i.collector_result_id = p_collector_result_id;
            DELETE FROM evidently_schema.rejected_rows AS r WHERE r.collector_result_id = p_collector_result_id;
        END IF;
        IF evidently_schema.project_given(ARRAY[p_collector_result_id], given) > 0 THEN
            RAISE SQLSTATE 'EV000';
        END IF;
        INSERT INTO evidently_schema.star_only_results (collector_result_id) VALUES (p_collector_result_id)
        ON CONFLICT (collector_result_id) DO UPDATE SET written_at = clock_timestamp();
        PERFORM evidently_schema.keep_given(given);
        IF EXISTS (SELECT FROM evidently_schema.legacy_rows AS l WHERE l.collector_result_id = p_collector_result_id) THEN -- else only the table's triggers would run
            DELETE FROM evidently_schema.legacy_rows AS l WHERE l.collector_result_id = p_collector_result_id;
        END IF;
        PERFORM set_config('lock_timeout', patience, true);
    EXCEPTION
        WHEN SQLSTATE 'EV000' OR data_exception OR integrity_constraint_violation OR program_limit_exceeded OR lock_not_available OR deadlock_detected THEN
            RETURN NULL; -- the star cannot hold it, or not now: legacy can, or says why not
    END;
    RETURN jsonb_array_length(p_items);
END
$function$;

-- save_star() writes with its owner's rights: only for who may write legacy, and only where no policy decides which rows.
CREATE OR REPLACE FUNCTION evidently_schema.grant_star_writer() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    role record;
BEGIN
    FOR role IN SELECT a.grantee::regrole AS name FROM pg_proc AS p CROSS JOIN LATERAL aclexplode(p.proacl) AS a
        WHERE p.oid = 'evidently_schema.save_star(bigint, jsonb)'::regprocedure AND a.grantee NOT IN (0, p.proowner)
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION evidently_schema.save_star(bigint, jsonb), evidently_schema.callers_defaults(jsonb) FROM %s', role.name);
    END LOOP;
    FOR role IN SELECT r.oid::regrole AS name FROM pg_class AS c CROSS JOIN pg_roles AS r
        WHERE c.oid = coalesce(to_regclass('public.extracted_positions_archived'), to_regclass('public.extracted_positions')) AND r.oid <> c.relowner
            AND (SELECT count(DISTINCT a.privilege_type) FROM pg_class AS v CROSS JOIN LATERAL aclexplode(v.relacl) AS a -- of the name: what is revoked while it is a view is revoked there
                WHERE v.oid = 'public.extracted_positions'::regclass AND a.grantee = r.oid AND a.privilege_type IN ('INSERT', 'DELETE')) = 2
            AND (NOT c.relrowsecurity OR r.rolbypassrls) AND r.rolname NOT IN ('anon', 'authenticated')
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION evidently_schema.save_star(bigint, jsonb), evidently_schema.callers_defaults(jsonb) TO %s', role.name);
    END LOOP;
END
$function$;

-- Locks a result and the brands its rows name FOR KEY SHARE, as the foreign keys of the table will when the rows are inserted, before a row of the table is: whoever deletes one of them has it first and
-- then its rows, and would wait for us as we wait for him. Waits for one of them with the caller's lock_timeout, and holds nothing while it waits: which of the two others lock first is theirs to choose.
-- With its owner's rights, as the server checks foreign keys; returns nothing. Above READ COMMITTED nothing is locked: there it could fail what the statement would not.
CREATE OR REPLACE FUNCTION evidently_schema.lock_parents(p_collector_result_id bigint, p_items jsonb) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    parents constant regclass[] := ARRAY(SELECT c.confrelid FROM pg_constraint AS c WHERE c.contype = 'f'
        AND c.conrelid = coalesce(to_regclass('public.extracted_positions_archived'), to_regclass('public.extracted_positions')));
    brands constant uuid[] := ARRAY(SELECT DISTINCT (r.item ->> 'brand_id')::uuid FROM jsonb_array_elements(p_items) AS r (item)
        WHERE 'public.brands'::regclass = ANY (parents) ORDER BY 1);
    result constant bigint := CASE WHEN 'public.collector_results'::regclass = ANY (parents) THEN p_collector_result_id END;
    of_brands boolean;
BEGIN
    IF current_setting('transaction_isolation') NOT LIKE 'read %' THEN
        RETURN;
    END IF;
    LOOP
        BEGIN
            of_brands := true;
            PERFORM FROM public.brands AS b WHERE b.id = ANY (brands) ORDER BY b.id FOR KEY SHARE NOWAIT;
            of_brands := false;
            PERFORM FROM public.collector_results AS r WHERE r.id = result FOR KEY SHARE NOWAIT;
            RETURN;
        EXCEPTION
            WHEN lock_not_available THEN -- what was locked is let go
        END;
        BEGIN
            IF of_brands THEN
                PERFORM FROM public.brands AS b WHERE b.id = ANY (brands) ORDER BY b.id FOR KEY SHARE;
            ELSE
                PERFORM FROM public.collector_results AS r WHERE r.id = result FOR KEY SHARE;
            END IF;
            RAISE SQLSTATE 'EV000'; -- it is free: once more for both
        EXCEPTION
            WHEN SQLSTATE 'EV000' THEN
        END;
    END LOOP;
END
$function$;

-- Replaces the legacy rows of a result: the brand row, then the competitors' rows, each an object whose keys are columns of
-- extracted_positions; columns that no row names take their defaults, those that only some rows name are NULL in the others.
-- collector_result_id, and competitor_name of the brand row, are set here. Returns how many rows were written. One statement: readers see the
-- old rows or the new ones, the star is projected once, and the fact keeps its id. Of two calls for one result that overlap both may leave
-- their rows, as two DELETEs and INSERTs do: the star takes the newest of each. Runs with the caller's rights; takes ROW EXCLUSIVE on
-- extracted_positions. The column list is made of the keys, so that a column the host adds or drops needs nothing here.
CREATE OR REPLACE FUNCTION evidently_schema.save_positions(p_collector_result_id bigint, p_brand jsonb, p_competitors jsonb DEFAULT '[]'::jsonb)
RETURNS integer
LANGUAGE plpgsql -- without SET search_path: a host's own triggers and policies on legacy run inside, with the path they know
AS $function$
DECLARE
    items constant jsonb := evidently_schema.position_rows(p_collector_result_id, p_brand, p_competitors);
    columns_named text;
    columns_given text;
    written integer;
BEGIN
    IF pg_catalog.has_function_privilege('evidently_schema.save_star(bigint, jsonb)', 'EXECUTE')
        AND pg_catalog.has_table_privilege('public.extracted_positions', 'INSERT') AND pg_catalog.has_table_privilege('public.extracted_positions', 'DELETE') -- revoked since, perhaps
    THEN
        written := evidently_schema.save_star(p_collector_result_id, evidently_schema.callers_defaults(items));
        IF written IS NOT NULL THEN
            RETURN written;
        END IF;
    END IF;
    IF pg_catalog.has_function_privilege('evidently_schema.lock_parents(bigint, jsonb)', 'EXECUTE') THEN
        PERFORM evidently_schema.lock_parents(p_collector_result_id, items);
    END IF;
    SELECT pg_catalog.string_agg(pg_catalog.quote_ident(k.name), ', ' ORDER BY k.name), pg_catalog.string_agg('e.' || pg_catalog.quote_ident(k.name), ', ' ORDER BY k.name) INTO columns_named, columns_given
    FROM (SELECT DISTINCT o.name FROM pg_catalog.jsonb_array_elements(items) AS r (item) CROSS JOIN LATERAL pg_catalog.jsonb_object_keys(r.item) AS o (name)) AS k;
    EXECUTE pg_catalog.format($insert$
        WITH gone AS (DELETE FROM public.extracted_positions AS ep WHERE ep.collector_result_id OPERATOR(pg_catalog.=) $1 RETURNING 1)
        INSERT INTO public.extracted_positions (%1$s)
        SELECT %2$s
        FROM (SELECT pg_catalog.count(*) AS n FROM gone) AS first -- read before the first row is inserted
        CROSS JOIN LATERAL (SELECT e.* FROM ROWS FROM (pg_catalog.jsonb_array_elements($2)) WITH ORDINALITY AS r (item, n)
            CROSS JOIN LATERAL pg_catalog.jsonb_populate_record(NULL::public.extracted_positions, r.item) AS e
            WHERE first.n IS NOT NULL ORDER BY r.n) AS e
        $insert$, columns_named, columns_given) USING p_collector_result_id, items;
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END
$function$;

SELECT evidently_schema.restrict_access('evidently_schema.position_rows', 'evidently_schema.save_positions', 'evidently_schema.lock_parents', 'evidently_schema.save_star',
    'evidently_schema.callers_defaults', 'evidently_schema.caller_is_revoked', 'evidently_schema.grant_star_writer');

SELECT evidently_schema.grant_star_writer();

$step$);
