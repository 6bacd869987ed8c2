-- The newest results, by the index on collector_result_id where there is one; a sample, so that it ends soon.
SELECT ARRAY(
    SELECT DISTINCT s.id FROM (
        SELECT ep.collector_result_id AS id FROM public.extracted_positions AS ep
        WHERE ep.collector_result_id IS NOT NULL ORDER BY ep.collector_result_id DESC LIMIT $1
    ) AS s
);
