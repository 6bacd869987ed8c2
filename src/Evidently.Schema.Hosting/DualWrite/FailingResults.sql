-- What failed five times, for three seconds at least, is not merely locked for a moment.
SELECT n.collector_result_id, pg_catalog.max(n.attempts), COALESCE((pg_catalog.array_agg(n.last_error ORDER BY n.id DESC))[1], 'no error noted')
FROM evidently_schema.change_notes AS n
WHERE n.attempts >= 5 AND n.collector_result_id IS NOT NULL
GROUP BY n.collector_result_id
ORDER BY n.collector_result_id
LIMIT 100;
