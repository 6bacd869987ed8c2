-- Once legacy is archived or dropped, no step of an earlier phase runs, whatever the version table says.
DO $do$
BEGIN
    IF to_regclass('evidently_schema.archive_state') IS NOT NULL
        AND (SELECT c.relkind = 'v' FROM pg_catalog.pg_class AS c WHERE c.oid = to_regclass('public.extracted_positions'))
    THEN
        RAISE EXCEPTION USING ERRCODE = 'EV007', MESSAGE = 'extracted_positions is archived (phase 5), so a step of an earlier phase cannot run. Nothing was changed.',
            HINT = 'evidently_schema.version_info does not list a step that was applied: restore its row, or roll back phase 5 first.';
    END IF;
END
$do$;
