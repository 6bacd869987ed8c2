-- The view's triggers, and what makes the view. Nothing calls them yet. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

-- Brings the rows of results that were written to the star alone back into the table, and forgets that they were. Waits for a writer that has
-- just written or brought back the same result. The text of the INSERT is made when the table is archived.
CREATE OR REPLACE FUNCTION evidently_schema.bring_back(p_ids bigint[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    held bigint[];
BEGIN
    -- First: the rows are projected when they are inserted. Who comes second waits here, and finds nothing to bring back.
    WITH gone AS (DELETE FROM evidently_schema.star_only_results AS s WHERE s.collector_result_id = ANY (p_ids) RETURNING s.collector_result_id AS id)
    SELECT array_agg(gone.id) INTO held FROM gone;
    IF held IS NULL THEN
        RETURN;
    END IF;
    PERFORM evidently_schema.copy_back(held);
    DELETE FROM evidently_schema.legacy_residue AS r USING evidently_schema.legacy_ids AS i WHERE r.legacy_id = i.id::text AND i.collector_result_id = ANY (held);
    DELETE FROM evidently_schema.legacy_ids AS i WHERE i.collector_result_id = ANY (held);
END
$function$;

-- Of these results, those that a projector may project from legacy. A result that has legacy rows too, from a writer that overlapped with the one
-- to the star, is brought back: both writers' rows stay, as they did before.
CREATE OR REPLACE FUNCTION evidently_schema.without_star_only(p_ids bigint[]) RETURNS bigint[]
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    held bigint[] := ARRAY(SELECT s.collector_result_id FROM evidently_schema.star_only_results AS s WHERE s.collector_result_id = ANY (p_ids));
    mixed bigint[];
BEGIN
    IF held = '{}' THEN
        RETURN p_ids;
    END IF;
    mixed := ARRAY(SELECT DISTINCT l.collector_result_id FROM evidently_schema.legacy_rows AS l WHERE l.collector_result_id = ANY (held));
    IF mixed <> '{}' THEN
        PERFORM evidently_schema.bring_back(mixed);
    END IF;
    RETURN ARRAY(SELECT u.id FROM unnest(p_ids) AS u (id) WHERE u.id <> ALL (held) OR u.id = ANY (mixed));
END
$function$;

-- Before a row is written: its results come back into the table, and identity columns (TG_ARGV: name and sequence of each) their values. Runs with its owner's rights; which rows and columns the
-- caller may write is decided by the server for the view, and, where row security is on, by the table's policies when the row is written.
CREATE OR REPLACE FUNCTION evidently_schema.before_view_row() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    results bigint[];
BEGIN
    PERFORM set_config('evidently_schema.through_view', 'on', true);
    IF EXISTS (SELECT FROM evidently_schema.star_only_results) THEN
        IF TG_OP <> 'INSERT' THEN
            PERFORM evidently_schema.bring_back(ARRAY[OLD.collector_result_id]::bigint[]);
        END IF;
        -- To the result that gets a row nobody need wait for: who writes it just now brings it back, or the next projector does.
        IF TG_OP <> 'DELETE' THEN
            results := ARRAY(SELECT s.collector_result_id FROM evidently_schema.star_only_results AS s WHERE s.collector_result_id = NEW.collector_result_id FOR UPDATE SKIP LOCKED);
            PERFORM evidently_schema.bring_back(results);
        END IF;
    END IF;
    IF TG_OP = 'INSERT' THEN
        FOR n IN 0..TG_NARGS - 1 BY 2 LOOP
            IF TG_ARGV[n] = 'id' THEN
                NEW.id := coalesce(NEW.id, nextval(TG_ARGV[n + 1]::regclass));
            ELSIF to_jsonb(NEW) ->> TG_ARGV[n] IS NULL THEN
                NEW := jsonb_populate_record(NEW, jsonb_build_object(TG_ARGV[n], nextval(TG_ARGV[n + 1]::regclass)));
            END IF;
        END LOOP;
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$function$;

-- When a statement on the view ends: its results, noted row by row by the table's own triggers, are projected as one change. What cannot be stays
-- noted; strict fails the writer with EV009.
CREATE OR REPLACE FUNCTION evidently_schema.after_view_statement() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms'
AS $function$
DECLARE
    results bigint[] := string_to_array(nullif(current_setting('evidently_schema.view_results', true), ''), ',')::bigint[];
    mode text;
    application text := coalesce(nullif(current_setting('application_name'), ''), 'unnamed');
BEGIN
    PERFORM set_config('evidently_schema.through_view', 'off', true), set_config('evidently_schema.view_results', '', true);
    IF NOT EXISTS (SELECT FROM evidently_schema.view_writes AS w WHERE w.application_name = application AND w.at > clock_timestamp() - interval '1 minute') THEN
        INSERT INTO evidently_schema.view_writes (application_name, actor) VALUES (application, session_user || coalesce(' (' || nullif(current_setting('role'), 'none') || ')', ''));
    END IF;
    SELECT s.value INTO mode FROM evidently_schema.settings AS s WHERE s.name = 'dual_write';
    IF results IS NOT NULL AND mode IN ('sync', 'strict') AND current_setting('transaction_isolation') LIKE 'read %'
        AND (current_setting('statement_timeout') = '0'
            OR clock_timestamp() + interval '100 milliseconds' < statement_timestamp() + current_setting('statement_timeout')::interval)
    THEN
        results := evidently_schema.lock_stripes(results);
        DELETE FROM evidently_schema.change_notes AS n WHERE n.kind IN ('result', 'collector_result') AND n.collector_result_id = ANY (results);
        PERFORM evidently_schema.sync_results(results, mode = 'strict');
    END IF;
    RETURN NULL;
EXCEPTION
    WHEN SQLSTATE 'EV009' THEN
        RAISE; -- strict: the application asked for it
    WHEN OTHERS THEN
        PERFORM set_config('evidently_schema.through_view', 'off', true), set_config('evidently_schema.view_results', '', true);
        RETURN NULL; -- noted already
END
$function$;

-- Gives the one relation the rights that others have on the other, column rights included, and takes all else away.
CREATE OR REPLACE FUNCTION evidently_schema.copy_grants(p_from regclass, p_to regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    owners constant oid[] := ARRAY(SELECT c.relowner FROM pg_class AS c WHERE c.oid IN (p_from, p_to));
    grants record;
BEGIN
    IF NOT EXISTS (
        SELECT FROM (
            SELECT g.*, count(*) OVER (PARTITION BY g.grantee, g.privilege_type, g.is_grantable, g.column_name) AS times
            FROM (SELECT c.oid, x.grantee, x.privilege_type, x.is_grantable, NULL::name AS column_name
                FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS x WHERE c.oid IN (p_from, p_to)
                UNION
                SELECT a.attrelid, x.grantee, x.privilege_type, x.is_grantable, a.attname
                FROM pg_attribute AS a CROSS JOIN LATERAL aclexplode(a.attacl) AS x WHERE a.attrelid IN (p_from, p_to) AND NOT a.attisdropped) AS g
            WHERE g.grantee <> ALL (owners)) AS g
        WHERE g.times = 1)
    THEN
        RETURN; -- they are the same
    END IF;
    FOR grants IN
        SELECT DISTINCT a.grantee FROM pg_class AS c
        CROSS JOIN LATERAL (SELECT x.grantee FROM aclexplode(c.relacl) AS x
            UNION SELECT x.grantee FROM pg_attribute AS col CROSS JOIN LATERAL aclexplode(col.attacl) AS x WHERE col.attrelid = c.oid) AS a
        WHERE c.oid = p_to AND a.grantee <> ALL (owners)
    LOOP
        EXECUTE format('REVOKE ALL ON TABLE %s FROM %s CASCADE', p_to, CASE WHEN grants.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grants.grantee)) END);
    END LOOP;
    FOR grants IN
        SELECT x.grantee, x.privilege_type, x.is_grantable, NULL::text AS column_name
        FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS x WHERE c.oid = p_from AND x.grantee <> ALL (owners)
        UNION ALL
        SELECT x.grantee, x.privilege_type, x.is_grantable, col.attname::text
        FROM pg_class AS c JOIN pg_attribute AS col ON col.attrelid = c.oid AND NOT col.attisdropped CROSS JOIN LATERAL aclexplode(col.attacl) AS x
        WHERE c.oid = p_from AND x.grantee <> ALL (owners)
    LOOP
        EXECUTE format('GRANT %s%s ON TABLE %s TO %s%s', grants.privilege_type, CASE WHEN grants.column_name IS NULL THEN '' ELSE format(' (%I)', grants.column_name) END, p_to,
            CASE WHEN grants.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grants.grantee)) END,
            CASE WHEN grants.is_grantable THEN ' WITH GRANT OPTION' ELSE '' END);
    END LOOP;
END
$function$;

SELECT evidently_schema.restrict_access('evidently_schema.bring_back', 'evidently_schema.without_star_only', 'evidently_schema.before_view_row',
    'evidently_schema.after_view_statement', 'evidently_schema.copy_grants');

$step$);
