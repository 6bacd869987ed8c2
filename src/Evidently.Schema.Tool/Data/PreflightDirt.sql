SELECT r.reason, pg_catalog.count(*), (pg_catalog.array_agg(r.legacy_id ORDER BY r.legacy_id))[1:3]
FROM evidently_schema.projected_rows AS r
WHERE r.collector_result_id = ANY ($1)
GROUP BY r.reason
ORDER BY 2 DESC;
