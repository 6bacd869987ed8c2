-- What was dropped comes back from a backup only; a run that was refused or killed before has dropped nothing.
DO $do$
BEGIN
    IF to_regclass('public.extracted_positions_archived') IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'EV007', MESSAGE = 'cleanup cannot be rolled back: the legacy table was dropped. Nothing was changed.',
            HINT = 'Restore public.extracted_positions_archived from the backup you made before cleanup: pg_restore --table=extracted_positions_archived. '
                'What was written since is in the star, and in evidently_schema.legacy_residue.';
    END IF;
END
$do$;
