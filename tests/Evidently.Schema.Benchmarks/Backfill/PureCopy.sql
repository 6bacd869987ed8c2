SELECT extract(epoch FROM r.copied_at - r.started_at)::double precision
FROM evidently_schema.backfill_runs AS r;
