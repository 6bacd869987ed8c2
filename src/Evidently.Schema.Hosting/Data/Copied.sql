-- No row: nothing is begun.
SELECT r.copied_at IS NOT NULL
FROM evidently_schema.backfill_runs AS r;
