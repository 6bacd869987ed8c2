SELECT processed_at, collector_type, visibility_index, share_of_answers_brand, sentiment_score, has_brand_presence FROM extracted_positions
WHERE brand_id = $1 AND competitor_name IS NULL AND processed_at >= $2 AND processed_at < $3
ORDER BY processed_at;
