-- A writer that has just read the mode sync finds the function gone, and leaves a note. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

SELECT evidently_schema.refuse_after(2);

DROP VIEW IF EXISTS evidently_schema.dual_write_status;
DROP FUNCTION IF EXISTS evidently_schema.sync_results(bigint[], boolean), evidently_schema.project_scored(bigint[]),
    evidently_schema.drain_on_the_way();

$step$);
