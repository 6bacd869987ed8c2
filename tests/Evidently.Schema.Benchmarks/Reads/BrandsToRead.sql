-- The first $3 brands without a result that was created before $1 and processed after: their pages by created_at and by processed_at show the same results.
SELECT b.id, b.customer_id,
    ARRAY(SELECT ep.collector_result_id FROM extracted_positions AS ep
        WHERE ep.brand_id = b.id AND ep.competitor_name IS NULL AND ep.processed_at >= $1 AND ep.processed_at < $2 ORDER BY 1),
    ARRAY(SELECT q.id FROM generated_queries AS q WHERE q.brand_id = b.id ORDER BY q.id LIMIT 10)
FROM brands AS b
WHERE NOT EXISTS (SELECT FROM extracted_positions AS ep WHERE ep.brand_id = b.id AND ep.created_at < $1 AND ep.processed_at >= $1)
ORDER BY b.id
LIMIT $3;
