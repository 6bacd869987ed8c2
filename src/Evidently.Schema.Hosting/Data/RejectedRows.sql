SELECT r.reason, pg_catalog.count(*)
FROM evidently_schema.rejected_rows AS r
GROUP BY r.reason
ORDER BY r.reason;
