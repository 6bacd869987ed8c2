SELECT * FROM extracted_positions
WHERE brand_id = $1 AND processed_at >= $2 AND processed_at < $3;
