SELECT * FROM extracted_positions
WHERE brand_id = $1 AND competitor_name = $4 AND processed_at >= $2 AND processed_at < $3
ORDER BY processed_at;
