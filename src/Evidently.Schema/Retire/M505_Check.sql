-- Refuses with every open point (EV012), before anything is locked or changed.
DO $do$
DECLARE
    problems text[] := '{}';
    remedies text[] := '{}';
    reader record;
    named text;
BEGIN
    IF to_regproc('evidently_schema.refuse_for') IS NULL OR to_regclass('public.extracted_positions_archived') IS NOT NULL
        OR (SELECT c.relkind = 'v' FROM pg_catalog.pg_class AS c WHERE c.oid = to_regclass('public.extracted_positions')) IS NOT TRUE
    THEN
        RAISE EXCEPTION USING ERRCODE = 'EV007',
            MESSAGE = 'collector_results.raw_answer cannot be dropped: the legacy table is still there, and bringing it back would need the answers. Nothing was changed.',
            HINT = 'Migrate with the tag cleanup first.';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = 'public.collector_results'::regclass AND a.attname = 'raw_answer' AND NOT a.attisdropped) THEN
        RETURN; -- it is not there
    END IF;
    IF (SELECT s.value FROM evidently_schema.settings AS s WHERE s.name = 'allow_drop_raw_answer') IS DISTINCT FROM 'true' THEN
        problems := problems || 'allow_drop_raw_answer is false'::text;
        remedies := remedies || 'UPDATE evidently_schema.settings SET value = ''true'' WHERE name = ''allow_drop_raw_answer'';'::text;
    END IF;
    FOR reader IN
        SELECT DISTINCT i.type, i.identity
        FROM pg_catalog.pg_depend AS d
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND a.attname = 'raw_answer'
        LEFT JOIN pg_catalog.pg_rewrite AS w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
        CROSS JOIN LATERAL pg_catalog.pg_identify_object(CASE WHEN w.oid IS NULL THEN d.classid ELSE 'pg_class'::regclass END, coalesce(w.ev_class, d.objid), CASE WHEN w.oid IS NULL THEN d.objsubid ELSE 0 END) AS i
        WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = 'public.collector_results'::regclass AND d.deptype = 'n'
            AND w.ev_class IS DISTINCT FROM 'public.extracted_positions'::regclass
        ORDER BY i.type, i.identity
    LOOP
        problems := problems || pg_catalog.format('%s %s hangs on collector_results.raw_answer', reader.type, reader.identity);
        remedies := remedies || CASE WHEN reader.type IN ('view', 'materialized view', 'index', 'policy', 'trigger') THEN pg_catalog.format('DROP %s %s;', upper(reader.type), reader.identity)
            WHEN reader.type = 'table constraint' THEN pg_catalog.format('ALTER TABLE public.collector_results DROP CONSTRAINT %s;', split_part(reader.identity, ' on ', 1))
            ELSE pg_catalog.format('-- make the %s %s without the column', reader.type, reader.identity) END;
    END LOOP;
    SELECT string_agg(p.oid::regprocedure::text, ', ' ORDER BY p.oid::regprocedure::text) INTO named FROM pg_catalog.pg_proc AS p
    WHERE p.prosrc ~ '\mraw_answer\M' AND p.pronamespace NOT IN ('evidently_schema'::regnamespace, 'pg_catalog'::regnamespace);
    IF named IS NOT NULL THEN
        RAISE WARNING 'These routines name raw_answer in their text, and may read the column: %', named;
    END IF;
    PERFORM evidently_schema.refuse_for('collector_results.raw_answer cannot be dropped', problems, remedies);
END
$do$;
