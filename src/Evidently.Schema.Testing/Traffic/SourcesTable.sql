SELECT * FROM extracted_positions
WHERE brand_id = $1 AND competitor_name IS NULL AND collector_result_id = ANY ($2);
