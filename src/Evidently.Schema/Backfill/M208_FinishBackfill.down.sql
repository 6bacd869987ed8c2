-- The backfill is not finished any more: what follows takes it back.
CALL evidently_schema.step(ARRAY[]::text[], $step$

SELECT evidently_schema.refuse_after(2);
UPDATE evidently_schema.backfill_runs SET finished_at = NULL;

$step$);
