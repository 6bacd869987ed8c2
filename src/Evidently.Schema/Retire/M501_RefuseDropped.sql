-- What cleanup dropped comes back from a backup only.
DO $do$
BEGIN
    IF to_regclass('public.extracted_positions_archived') IS NULL
        AND (SELECT c.relkind = 'v' FROM pg_catalog.pg_class AS c WHERE c.oid = to_regclass('public.extracted_positions'))
    THEN
        RAISE EXCEPTION USING ERRCODE = 'EV007', MESSAGE = 'The legacy table was dropped by cleanup: it can be neither archived nor brought back. Nothing was changed.',
            HINT = 'Restore public.extracted_positions_archived from the backup you made before cleanup: pg_restore --table=extracted_positions_archived. '
                'What was written since is in the star, and in evidently_schema.legacy_residue.';
    END IF;
END
$do$;
