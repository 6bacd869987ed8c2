-- Who uses legacy, and what hangs on it: to be watched from now until it is dropped. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

-- What hangs on a table by its identity, not by its name: it would go on with the renamed table. Of ours: nothing.
CREATE OR REPLACE FUNCTION evidently_schema.dependents(p_table regclass) RETURNS TABLE (kind text, object text, remove text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT DISTINCT CASE c.relkind WHEN 'm' THEN 'materialized view' WHEN 'v' THEN 'view' ELSE 'rule of table' END, c.oid::regclass::text,
        CASE c.relkind WHEN 'm' THEN format('DROP MATERIALIZED VIEW %s;', c.oid::regclass) WHEN 'v' THEN format('DROP VIEW %s;', c.oid::regclass)
            ELSE format('DROP RULE %I ON %s;', w.rulename, c.oid::regclass) END
    FROM pg_depend AS d JOIN pg_rewrite AS w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid JOIN pg_class AS c ON c.oid = w.ev_class
    WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = p_table AND c.relnamespace <> 'evidently_schema'::regnamespace
        AND (c.oid <> p_table OR w.rulename <> '_RETURN') AND c.oid <> coalesce(to_regclass('public.extracted_positions'), 0)
    UNION ALL
    SELECT 'foreign key of table', format('%s (%s)', c.conrelid::regclass, c.conname), format('ALTER TABLE %s DROP CONSTRAINT %I;', c.conrelid::regclass, c.conname)
    FROM pg_constraint AS c WHERE c.contype = 'f' AND c.confrelid = p_table AND c.conrelid <> p_table
    UNION ALL
    SELECT 'trigger', t.tgname::text, format('DROP TRIGGER %I ON %s;', t.tgname, p_table)
    FROM pg_trigger AS t JOIN pg_proc AS p ON p.oid = t.tgfoid
    WHERE t.tgrelid = p_table AND NOT t.tgisinternal AND p.pronamespace <> 'evidently_schema'::regnamespace
    UNION ALL
    SELECT 'publication', p.pubname::text, CASE WHEN p.puballtables OR s.pnnspid IS NOT NULL
            THEN format('DROP PUBLICATION %I; -- or publish the tables by name, without this one', p.pubname) ELSE format('ALTER PUBLICATION %I DROP TABLE %s;', p.pubname, p_table) END
    FROM pg_publication AS p
    LEFT JOIN pg_publication_rel AS r ON r.prpubid = p.oid AND r.prrelid = p_table
    LEFT JOIN pg_publication_namespace AS s ON s.pnpubid = p.oid AND s.pnnspid = 'public'::regnamespace
    WHERE p.puballtables OR r.prrelid IS NOT NULL OR s.pnnspid IS NOT NULL
    UNION ALL
    SELECT 'subscription', s.subname::text, format('ALTER SUBSCRIPTION %I DISABLE; -- and leave the table out of what it takes: a view takes nothing', s.subname)
    FROM pg_subscription_rel AS r JOIN pg_subscription AS s ON s.oid = r.srsubid WHERE r.srrelid = p_table AND s.subenabled
    UNION ALL
    SELECT DISTINCT 'policy', format('%s on %s', p.polname, p.polrelid::regclass), format('DROP POLICY %I ON %s;', p.polname, p.polrelid::regclass)
    FROM pg_depend AS d JOIN pg_policy AS p ON d.classid = 'pg_policy'::regclass AND p.oid = d.objid
    WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = p_table AND p.polrelid <> p_table
    UNION ALL
    SELECT DISTINCT 'routine', p.oid::regprocedure::text, format('DROP ROUTINE %s;', p.oid::regprocedure)
    FROM pg_depend AS d JOIN pg_proc AS p ON d.classid = 'pg_proc'::regclass AND p.oid = d.objid
    WHERE (d.refclassid = 'pg_class'::regclass AND d.refobjid = p_table
            OR d.refclassid = 'pg_type'::regclass AND d.refobjid IN (SELECT y.oid FROM pg_type AS y JOIN pg_class AS c ON c.reltype IN (y.oid, y.typelem) WHERE c.oid = p_table))
        AND p.pronamespace <> 'evidently_schema'::regnamespace
    UNION ALL
    SELECT DISTINCT 'column', format('%s.%s', a.attrelid::regclass, a.attname), format('ALTER TABLE %s DROP COLUMN %I;', a.attrelid::regclass, a.attname)
    FROM pg_attribute AS a JOIN pg_class AS r ON r.oid = a.attrelid AND r.relkind IN ('r', 'p', 'c')
    WHERE NOT a.attisdropped AND a.atttypid IN (SELECT y.oid FROM pg_type AS y JOIN pg_class AS c ON c.reltype IN (y.oid, y.typelem) WHERE c.oid = p_table)
$function$;

-- What the server's statistics said, and when: servers before 16 keep no time of the last read.
CREATE TABLE IF NOT EXISTS evidently_schema.usage_samples (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    archived boolean NOT NULL,
    reads bigint NOT NULL,
    writes bigint NOT NULL
);

-- What the statistics say now. Before archive reads are the table's scans, ours among them; from then on the view's alone: each statement that reads it scans
-- view_reads once, and nothing else does.
CREATE OR REPLACE FUNCTION evidently_schema.usage_now(OUT archived boolean, OUT reads bigint, OUT writes bigint, OUT last_read timestamptz)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    counted constant regclass := coalesce(to_regclass('evidently_schema.view_reads'), to_regclass('public.extracted_positions'));
    written constant regclass := coalesce(to_regclass('public.extracted_positions_archived'), to_regclass('public.extracted_positions'));
BEGIN
    archived := to_regclass('evidently_schema.view_reads') IS NOT NULL;
    reads := (SELECT s.seq_scan + CASE WHEN archived THEN 0 ELSE coalesce(s.idx_scan, 0) END FROM pg_stat_all_tables AS s WHERE s.relid = counted);
    writes := (SELECT s.n_tup_ins + s.n_tup_upd + s.n_tup_del FROM pg_stat_all_tables AS s WHERE s.relid = written);
    reads := coalesce(reads, 0);
    writes := coalesce(writes, 0);
    IF current_setting('server_version_num')::integer >= 160000 THEN
        EXECUTE 'SELECT s.last_seq_scan FROM pg_stat_all_tables AS s WHERE s.relid = $1' INTO last_read USING counted;
    ELSIF reads > 0 THEN -- not later than the first of the newest samples that all say the same
        last_read := coalesce((SELECT min(s.at) FROM evidently_schema.usage_samples AS s
            WHERE s.archived = usage_now.archived AND s.reads = usage_now.reads
                AND s.id > coalesce((SELECT max(o.id) FROM evidently_schema.usage_samples AS o WHERE (o.archived, o.reads) <> (usage_now.archived, usage_now.reads)), 0)), clock_timestamp());
    END IF;
END
$function$;

-- Reads and writes since the last call and since archive, who wrote through the view, and what hangs on legacy by its identity or names it. Each call is
-- remembered. Writers are counted by minutes in which they wrote.
CREATE OR REPLACE FUNCTION evidently_schema.legacy_usage() RETURNS TABLE (kind text, object text, since_last bigint, since_archive bigint, last_at timestamptz, detail text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    used record;
    before record;
    at_archive bigint;
    legacy regclass := coalesce(to_regclass('public.extracted_positions_archived'), to_regclass('public.extracted_positions'));
BEGIN
    SELECT u.* INTO used FROM evidently_schema.usage_now() AS u;
    SELECT s.at, s.reads, s.writes INTO before FROM evidently_schema.usage_samples AS s WHERE s.archived = used.archived ORDER BY s.id DESC LIMIT 1;
    INSERT INTO evidently_schema.usage_samples (archived, reads, writes) VALUES (used.archived, used.reads, used.writes);
    IF used.archived THEN
        SELECT s.writes INTO at_archive FROM evidently_schema.usage_samples AS s JOIN evidently_schema.archive_state AS a ON s.at >= a.archived_at WHERE s.archived ORDER BY s.id LIMIT 1;
    END IF;
    RETURN QUERY SELECT 'reads'::text, 'public.extracted_positions'::text, greatest(used.reads - coalesce(before.reads, 0), 0), CASE WHEN used.archived THEN used.reads END, used.last_read,
        CASE WHEN used.archived THEN 'statements that read the view' ELSE 'scans of the table, those of verification and of the projection among them' END;
    RETURN QUERY SELECT 'writes'::text, legacy::text, greatest(used.writes - coalesce(before.writes, 0), 0),
        greatest(used.writes - at_archive, 0), NULL::timestamptz, 'rows of the table, whoever wrote them'::text WHERE legacy IS NOT NULL;
    IF used.archived THEN
        RETURN QUERY SELECT 'writer'::text, w.application_name, count(*) FILTER (WHERE w.at > coalesce(before.at, '-infinity')), count(*), max(w.at), 'as ' || string_agg(DISTINCT w.actor, ', ')
        FROM evidently_schema.view_writes AS w GROUP BY w.application_name;
    END IF;
    RETURN QUERY SELECT d.kind, d.object, NULL::bigint, NULL::bigint, NULL::timestamptz, d.remove
    FROM (SELECT * FROM evidently_schema.dependents(legacy) UNION SELECT * FROM evidently_schema.dependents('public.extracted_positions'::regclass)) AS d;
    RETURN QUERY SELECT 'names it'::text, p.oid::regprocedure::text, NULL::bigint, NULL::bigint, NULL::timestamptz, 'routine whose text names extracted_positions'::text
    FROM pg_proc AS p WHERE p.prosrc ~* '\mextracted_positions\M' AND p.pronamespace NOT IN ('evidently_schema'::regnamespace, 'pg_catalog'::regnamespace)
        AND coalesce(obj_description(p.oid, 'pg_proc'), '') NOT LIKE '%evidently_schema.read_routes%';
    IF (SELECT has_schema_privilege(n.oid, 'USAGE') FROM pg_namespace AS n WHERE n.nspname = 'cron') AND (SELECT has_table_privilege(c.oid, 'SELECT') FROM pg_class AS c
        WHERE c.relname = 'job' AND c.relnamespace = (SELECT n.oid FROM pg_namespace AS n WHERE n.nspname = 'cron'))
    THEN
        RETURN QUERY EXECUTE 'SELECT ''names it'', ''cron job '' || j.jobid, NULL::bigint, NULL::bigint, NULL::timestamptz, ''scheduled '' || j.schedule FROM cron.job AS j
            WHERE j.command ~* ''\mextracted_positions\M''';
    END IF;
END
$function$;

SELECT evidently_schema.restrict_access('evidently_schema.dependents', 'evidently_schema.usage_samples', 'evidently_schema.usage_now', 'evidently_schema.legacy_usage');

$step$);
