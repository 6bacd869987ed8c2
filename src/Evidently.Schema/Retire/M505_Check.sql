-- Refuses with every open point (EV012), before anything is locked or changed, and names what will go with the column.
DO $do$
DECLARE
    named text;
BEGIN
    IF to_regproc('evidently_schema.refuse_for') IS NULL OR to_regclass('public.extracted_positions_archived') IS NOT NULL
        OR (SELECT c.relkind = 'v' FROM pg_catalog.pg_class AS c WHERE c.oid = to_regclass('public.extracted_positions')) IS NOT TRUE
    THEN
        RAISE EXCEPTION USING ERRCODE = 'EV007',
            MESSAGE = 'collector_results.raw_answer cannot be dropped: the legacy table is still there, and bringing it back would need the answers. Nothing was changed.',
            HINT = 'Migrate with the tag cleanup first.';
    END IF;
    IF NOT EXISTS (SELECT FROM evidently_schema.answer_recipe()) THEN
        RETURN; -- it is not there
    END IF;
    SELECT string_agg(p.oid::regprocedure::text, ', ' ORDER BY p.oid::regprocedure::text) INTO named FROM pg_catalog.pg_proc AS p
    WHERE pg_catalog.concat(p.prosrc, pg_catalog.pg_get_function_sqlbody(p.oid)) ~ '\mraw_answer\M' AND p.pronamespace NOT IN ('evidently_schema'::regnamespace, 'pg_catalog'::regnamespace);
    IF named IS NOT NULL THEN
        RAISE WARNING 'These routines name raw_answer in their text, and may read the column: %', named;
    END IF;
    SELECT string_agg(pg_catalog.format('%s %s', r.kind, r.object), ', ') INTO named FROM evidently_schema.answer_recipe() AS r WHERE r.n > 1;
    IF named IS NOT NULL THEN
        RAISE WARNING 'These go with the column: %. How they are made again is kept in evidently_schema.events: %', named,
            (SELECT string_agg(r.statement, ' ') FROM evidently_schema.answer_recipe() AS r WHERE r.n > 1);
    END IF;
    PERFORM evidently_schema.refuse_for('collector_results.raw_answer cannot be dropped', 'SELECT * FROM evidently_schema.answer_obstacles()');
END
$do$;
