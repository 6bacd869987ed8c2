-- What stands in the way of archiving, all of it at once. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], CASE WHEN to_regclass('evidently_schema.archive_state') IS NOT NULL AND to_regclass('evidently_schema.detached_objects') IS NULL /* dropped */ THEN 'SELECT' ELSE $step$

-- Whether an expression asks who evaluates it, itself or in a host's function that it calls.
CREATE OR REPLACE FUNCTION evidently_schema.asks_who(p_catalog regclass, p_object oid, p_text text) RETURNS boolean
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT p_text ~ '\m(CURRENT_USER|CURRENT_ROLE|USER|CURRENT_SCHEMA|current_schemas?|pg_has_role|has_\w+_privilege)\M'
        OR EXISTS (SELECT FROM pg_depend AS d JOIN pg_proc AS p ON p.oid = d.refobjid
            WHERE d.classid = p_catalog AND d.objid = p_object AND d.refclassid = 'pg_proc'::regclass
                AND concat(p.prosrc, pg_get_function_sqlbody(p.oid)) ~* '\m(current_user|current_role|user|current_schemas?|pg_has_role|has_\w+_privilege)\M')
$function$;

-- Every open point, with the statement that settles it. Of the last verification it takes what it found.
CREATE OR REPLACE FUNCTION evidently_schema.archive_obstacles() RETURNS TABLE (problem text, remedy text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    legacy constant regclass := 'public.extracted_positions'::regclass;
    verified evidently_schema.verifications := (SELECT v FROM evidently_schema.verifications AS v ORDER BY v.id DESC LIMIT 1);
    max_age constant interval := (SELECT s.value::interval FROM evidently_schema.settings AS s WHERE s.name = 'verification_max_age');
    state record;
BEGIN
    IF verified.id IS NULL OR verified.at < clock_timestamp() - max_age THEN
        RETURN QUERY SELECT format('the last verification is %s old, at most %s is allowed', coalesce(date_trunc('second', clock_timestamp() - verified.at)::text, 'infinitely'), max_age),
            'SELECT * FROM evidently_schema.verify();';
    ELSE
        RETURN QUERY SELECT format('verification found %s: %s missing, %s extra, %s different', c.check_name, c.missing, c.extra, c.different), 'SELECT evidently_schema.repair(); -- until it returns 0'
        FROM jsonb_to_recordset(verified.checks) AS c (check_name text, missing bigint, extra bigint, different bigint, ok boolean) WHERE NOT c.ok;
    END IF;
    RETURN QUERY SELECT format('%s changes are noted and not yet in the star, %s of them failed before', count(*), count(*) FILTER (WHERE n.attempts > 0)), 'CALL evidently_schema.drain(50);'
    FROM evidently_schema.change_notes AS n -- what an application that goes on has noted just now, or locks just now, is drained in a moment
    WHERE n.attempts > 0 AND n.last_error NOT IN ('SQLSTATE 55P03', 'SQLSTATE 40P01', 'SQLSTATE 23503') OR n.noted_at < clock_timestamp() - interval '1 minute'
    HAVING count(*) > 0;
    RETURN QUERY SELECT format('%s rejected rows (%s) are not acknowledged', count(*), r.reason),
        format('UPDATE evidently_schema.rejected_rows SET acknowledged = true WHERE reason = %L;', r.reason)
    FROM evidently_schema.rejected_rows AS r WHERE NOT r.acknowledged GROUP BY r.reason;
    RETURN QUERY SELECT format('dual_write is %s', s.value), 'UPDATE evidently_schema.settings SET value = ''sync'' WHERE name = ''dual_write'';'
    FROM evidently_schema.settings AS s WHERE s.name = 'dual_write' AND s.value NOT IN ('sync', 'strict');
    IF to_regclass('evidently_schema.read_routes') IS NULL THEN
        RETURN QUERY SELECT 'no reads are routed to the star'::text, '-- migrate to phase 4, then UPDATE evidently_schema.read_routes SET star_percent = 100, service by service'::text;
    ELSE
        RETURN QUERY SELECT format('the reads of %s are at %s percent', r.service, r.star_percent),
            format('UPDATE evidently_schema.read_routes SET star_percent = 100 WHERE service = %L;', r.service)
        FROM evidently_schema.read_routes AS r WHERE r.star_percent < 100;
    END IF;
    RETURN QUERY SELECT format('%s %s goes by the table''s identity and would go on with the archived one', d.kind, d.object), d.remove
    FROM evidently_schema.dependents(legacy) AS d;
    RETURN QUERY SELECT format('the constraint %s asks who writes, and for the view it is the owner of the table', k.conname), format('ALTER TABLE public.extracted_positions DROP CONSTRAINT %I;', k.conname)
    FROM pg_constraint AS k WHERE k.conrelid = legacy AND k.contype = 'c' AND evidently_schema.asks_who('pg_constraint', k.oid, pg_get_constraintdef(k.oid));
    SELECT c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced INTO state FROM pg_class AS c WHERE c.oid = legacy;
    IF state.forced THEN
        RETURN QUERY SELECT 'row security is forced on the owner of extracted_positions, who writes for the view'::text, 'ALTER TABLE public.extracted_positions NO FORCE ROW LEVEL SECURITY;'::text;
    END IF;
    IF state.enabled THEN
        IF (SELECT s.value FROM evidently_schema.settings AS s WHERE s.name = 'star_policies_confirmed') IS DISTINCT FROM 'true' THEN
            RETURN QUERY SELECT format('%s policies decide who sees which rows of extracted_positions: the star''s must decide the same, which nobody has confirmed',
                    (SELECT count(*) FROM pg_policy AS p WHERE p.polrelid = legacy)), 'UPDATE evidently_schema.settings SET value = ''true'' WHERE name = ''star_policies_confirmed'';'::text;
        END IF;
        RETURN QUERY SELECT format('%s may read extracted_positions under row security, and not %s, of which its view is made', g.name, t.name),
            format('GRANT SELECT ON public.%I TO %s;', t.name, g.name)
        FROM (SELECT DISTINCT CASE WHEN a.grantee = 0 THEN 'public' ELSE pg_get_userbyid(a.grantee) END AS name, CASE WHEN a.grantee = 0 THEN 'public' ELSE pg_get_userbyid(a.grantee)::text END AS role
            FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS a WHERE c.oid = legacy AND a.grantee <> c.relowner AND a.privilege_type = 'SELECT') AS g
        CROSS JOIN unnest(ARRAY['metric_facts', 'brand_metrics', 'competitor_metrics', 'brand_sentiment', 'competitor_sentiment', 'brand_competitors', 'collector_results', 'brands']) AS t (name)
        WHERE NOT has_table_privilege(g.role, 'public.' || t.name, 'SELECT');
        RETURN QUERY SELECT format('%s has %s on single columns of extracted_positions (%s), which does not go together with row security', g.name, g.privilege_type, g.columns),
            format('REVOKE %s (%s) ON public.extracted_positions FROM %s; -- and grant it on the whole table instead', g.privilege_type, g.columns, g.name)
        FROM (SELECT CASE WHEN x.grantee = 0 THEN 'public' ELSE quote_ident(pg_get_userbyid(x.grantee)) END AS name, x.privilege_type, string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) AS columns
            FROM pg_attribute AS a CROSS JOIN LATERAL aclexplode(a.attacl) AS x WHERE a.attrelid = legacy AND NOT a.attisdropped GROUP BY x.grantee, x.privilege_type) AS g;
    END IF;
END
$function$;

-- Raises EV012 with every open point (problem, remedy) that the query gives.
CREATE OR REPLACE FUNCTION evidently_schema.refuse_for(p_what text, p_open text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    problems text;
    remedies text;
    points bigint;
BEGIN
    EXECUTE format('SELECT string_agg(format(''%%s. %%s'', o.n, o.problem), ''; '' ORDER BY o.n), string_agg(format(''%%s. %%s'', o.n, o.remedy), '' '' ORDER BY o.n), count(*)
        FROM (SELECT q.problem, q.remedy, row_number() OVER () AS n FROM (%s) AS q (problem, remedy)) AS o', p_open) INTO problems, remedies, points;
    IF points > 0 THEN
        -- In the message, not in a detail: Npgsql shows none unless it is told to.
        RAISE EXCEPTION USING ERRCODE = 'EV012', MESSAGE = format('%s: %s open point%s: %s. Nothing was changed.', p_what, points, CASE WHEN points > 1 THEN 's' ELSE '' END, problems), HINT = remedies;
    END IF;
END
$function$;

-- Drains, refreshes and verifies, in transactions of their own, before the open points are read.
CREATE OR REPLACE PROCEDURE evidently_schema.settle()
LANGUAGE plpgsql
AS $procedure$
BEGIN
    COMMIT;
    CALL evidently_schema.drain(20);
    COMMIT;
    PERFORM public.refresh_mv_brand_daily_metrics();
    COMMIT;
    PERFORM evidently_schema.verify();
    COMMIT;
END
$procedure$;

SELECT evidently_schema.restrict_access('evidently_schema.asks_who', 'evidently_schema.archive_obstacles', 'evidently_schema.refuse_for', 'evidently_schema.settle');

$step$ END);
