SELECT * FROM extracted_positions
WHERE brand_id = $1 AND competitor_name IS NULL AND created_at >= $2 AND created_at < $3;
