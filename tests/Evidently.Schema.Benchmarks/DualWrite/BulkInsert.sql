INSERT INTO extracted_positions (collector_result_id, customer_id, brand_id, query_id, collector_type, competitor_name, visibility_index,
    visibility_index_competitor, share_of_answers_brand, share_of_answers_competitor, has_brand_presence, brand_first_position, brand_positions,
    competitor_positions, total_brand_mentions, competitor_mentions, total_word_count, processed_at, created_at, brand_name, topic, metadata)
SELECT $1 + ep.collector_result_id, ep.customer_id, ep.brand_id, ep.query_id, ep.collector_type, ep.competitor_name, ep.visibility_index,
    ep.visibility_index_competitor, ep.share_of_answers_brand, ep.share_of_answers_competitor, ep.has_brand_presence, ep.brand_first_position,
    ep.brand_positions, ep.competitor_positions, ep.total_brand_mentions, ep.competitor_mentions, ep.total_word_count, ep.processed_at,
    ep.created_at, ep.brand_name, ep.topic, ep.metadata
FROM extracted_positions AS ep
WHERE ep.collector_result_id <= $2
ORDER BY ep.id;
