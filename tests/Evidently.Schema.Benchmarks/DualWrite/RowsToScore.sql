SELECT ep.*
FROM extracted_positions AS ep
WHERE ep.collector_result_id <= $1
ORDER BY ep.collector_result_id, ep.id;
