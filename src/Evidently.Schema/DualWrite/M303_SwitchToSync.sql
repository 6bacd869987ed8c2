-- The plan's ENABLE_NEW_SCHEMA. A writer that has read capture leaves notes, one that reads sync projects: nothing in between is lost.
CALL evidently_schema.step(ARRAY[]::text[], $step$

DO $switch$
BEGIN
    IF NOT EXISTS (SELECT FROM evidently_schema.backfill_runs AS r WHERE r.finished_at IS NOT NULL) THEN
        RAISE EXCEPTION USING ERRCODE = 'EV007', MESSAGE = 'The backfill is not finished: dual_write stays as it is.',
            HINT = 'Migrate through 208 first. Nothing was changed.';
    END IF;
    UPDATE evidently_schema.settings SET value = 'sync' WHERE name = 'dual_write' AND value IN ('off', 'capture');
END
$switch$;

$step$);
