-- Rollbacks run no maintenance, so each Down takes the runner lock itself, and refuses rather than waits: what it was told to undo
-- may be something else when the other runner has finished. 2D000 here: see SingleRunner.sql.
DO $do$
BEGIN
    COMMIT;
    IF NOT pg_catalog.pg_try_advisory_lock(1702259052, 1) THEN
        RAISE EXCEPTION USING
            ERRCODE = 'EV004',
            MESSAGE = 'Another runner is migrating this database; nothing was rolled back.',
            DETAIL = pg_catalog.format('It is backend %s.', (SELECT string_agg(l.pid::text, ', ') FROM pg_catalog.pg_locks AS l
                WHERE l.locktype = 'advisory' AND l.classid = 1702259052 AND l.objid = 1 AND l.granted
                    AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = current_database()))),
            HINT = 'Run the rollback again when it has finished.';
    END IF;
END
$do$;
