-- One runner at a time: polls for the session lock (1702259052, 1), with a COMMIT between tries, for at most
-- evidently_schema.runner_patience (default 1 hour). The lock goes with the session.
-- 2D000 "invalid transaction termination" here means that the runner holds one transaction around everything (-m session,
-- TransactionPerSession, psql --single-transaction). Run without it: the backfill commits batch by batch.
DO $do$
DECLARE
    patience constant interval := coalesce(nullif(current_setting('evidently_schema.runner_patience', true), ''), '1 hour')::interval;
    deadline constant timestamptz := clock_timestamp() + patience;
BEGIN
    COMMIT;
    WHILE NOT pg_catalog.pg_try_advisory_lock(1702259052, 1) LOOP
        IF clock_timestamp() > deadline THEN
            RAISE EXCEPTION USING
                ERRCODE = 'EV004',
                MESSAGE = pg_catalog.format('Another runner is migrating this database; waited %s for it.', patience),
                DETAIL = pg_catalog.format('It is backend %s.', (SELECT string_agg(l.pid::text, ', ') FROM pg_catalog.pg_locks AS l
                    WHERE l.locktype = 'advisory' AND l.classid = 1702259052 AND l.objid = 1 AND l.granted
                    AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = current_database()))),
                HINT = 'Run again when it has finished. To wait longer: SET evidently_schema.runner_patience = ''2 hours''.';
        END IF;
        COMMIT;
        PERFORM pg_catalog.pg_sleep(0.05 + random() * 0.1);
    END LOOP;
END
$do$;
