-- Slow enough to be killed in the middle.
UPDATE evidently_schema.settings AS s SET value = CASE s.name WHEN 'backfill_batch_size' THEN '5' ELSE '100' END
WHERE s.name IN ('backfill_batch_size', 'backfill_pause_ms');
