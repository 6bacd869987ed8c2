SELECT collector_result_id, has_brand_presence, created_at, collector_type FROM extracted_positions
WHERE collector_result_id = ANY ($1) AND competitor_name IS NULL
ORDER BY collector_result_id;
