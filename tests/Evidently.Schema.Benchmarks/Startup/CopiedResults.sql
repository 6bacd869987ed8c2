SELECT coalesce(sum(l.results), 0) AS copied FROM evidently_schema.backfill_lanes AS l;
