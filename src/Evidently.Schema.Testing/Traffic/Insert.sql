INSERT INTO extracted_positions (collector_result_id, brand_id, customer_id, query_id, collector_type, competitor_name, visibility_index, visibility_index_competitor,
    share_of_answers_brand, share_of_answers_competitor, has_brand_presence, total_brand_mentions, competitor_mentions, total_word_count, processed_at, created_at)
VALUES
    ($1::bigint, $2::uuid, $3::uuid, $4::uuid, $5::text, NULL, 0.5, NULL, 50.5, NULL, true, 3, NULL, $6::integer, now(), now()),
    ($1::bigint, $2::uuid, $3::uuid, $4::uuid, $5::text, $7::text, 0.5, 0.25, 50.5, 12.5, true, 3, 1, $6::integer, now(), now()),
    ($1::bigint, $2::uuid, $3::uuid, $4::uuid, $5::text, $8::text, 0.5, 0.25, 50.5, 12.5, true, 3, 1, $6::integer, now(), now()),
    ($1::bigint, $2::uuid, $3::uuid, $4::uuid, $5::text, $9::text, 0.5, 0.25, 50.5, 12.5, true, 3, 1, $6::integer, now(), now()),
    ($1::bigint, $2::uuid, $3::uuid, $4::uuid, $5::text, $10::text, 0.5, 0.25, 50.5, 12.5, true, 3, 1, $6::integer, now(), now()),
    ($1::bigint, $2::uuid, $3::uuid, $4::uuid, $5::text, $11::text, 0.5, 0.25, 50.5, 12.5, true, 3, 1, $6::integer, now(), now()),
    ($1::bigint, $2::uuid, $3::uuid, $4::uuid, $5::text, $12::text, 0.5, 0.25, 50.5, 12.5, true, 3, 1, $6::integer, now(), now());
