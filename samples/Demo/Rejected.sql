-- Why rows were rejected; a detail is what was missing or wrong, never a value.
SELECT r.reason, coalesce(r.detail, '') AS detail, count(*) AS rows, count(DISTINCT r.collector_result_id) AS results
FROM evidently_schema.rejected_rows AS r
GROUP BY 1, 2
ORDER BY 3 DESC, 1, 2;
