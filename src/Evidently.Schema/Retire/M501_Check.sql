-- Drains what is noted, verifies, and refuses with every open point (EV012), before anything is locked or changed.
DO $do$
DECLARE
    legacy char := (SELECT c.relkind FROM pg_catalog.pg_class AS c WHERE c.oid = to_regclass('public.extracted_positions'));
BEGIN
    COMMIT;
    IF legacy = 'v' AND to_regclass('public.extracted_positions_archived') IS NOT NULL THEN
        RETURN; -- archived already
    ELSIF legacy IS DISTINCT FROM 'r' OR to_regclass('public.extracted_positions_archived') IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'EV007',
            MESSAGE = CASE WHEN legacy = 'v' THEN 'extracted_positions cannot be archived: the legacy table was dropped by cleanup.'
                ELSE 'extracted_positions cannot be archived: public.extracted_positions_archived exists beside it.' END,
            HINT = CASE WHEN legacy = 'v' THEN 'There is nothing left to archive. Nothing was changed.'
                ELSE 'Rename or drop what has that name, then migrate again. Nothing was changed.' END;
    END IF;
    CALL evidently_schema.settle();
    PERFORM evidently_schema.refuse_for('extracted_positions cannot be archived', 'SELECT * FROM evidently_schema.archive_obstacles()');
END
$do$;
