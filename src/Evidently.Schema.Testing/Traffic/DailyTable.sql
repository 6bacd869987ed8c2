SELECT * FROM extracted_positions
WHERE brand_id = $1 AND competitor_name IS NULL AND processed_at >= $2 AND processed_at < $3;
