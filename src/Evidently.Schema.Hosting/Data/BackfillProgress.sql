SELECT p.done, p.total, p.rejected, p.pending, p.rows_per_second, EXTRACT(EPOCH FROM p.eta)::double precision, p.state, p.throttle, p.rows, p.batch_seconds
FROM evidently_schema.backfill_progress AS p;
