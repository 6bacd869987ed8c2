-- Those of history, rejected before the backfill had finished, are left out.
SELECT pg_catalog.count(*)
FROM evidently_schema.rejected_rows AS r
CROSS JOIN evidently_schema.backfill_runs AS b
WHERE b.finished_at IS NOT NULL AND r.first_seen > GREATEST(b.finished_at, pg_catalog.clock_timestamp() - pg_catalog.make_interval(secs => $1));
