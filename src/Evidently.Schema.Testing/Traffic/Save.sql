SELECT evidently_schema.save_positions($1, r.brand, (
    SELECT coalesce(jsonb_agg(r.brand || jsonb_build_object(
        'competitor_name', n.name,
        'visibility_index_competitor', 0.25,
        'share_of_answers_competitor', 12.5,
        'competitor_mentions', 1)), '[]')
    FROM unnest($7::text[]) AS n (name)))
FROM (
    SELECT jsonb_build_object(
        'brand_id', $2::uuid,
        'customer_id', $3::uuid,
        'query_id', $4::uuid,
        'collector_type', $5::text,
        'visibility_index', 0.5,
        'share_of_answers_brand', 50.5,
        'has_brand_presence', true,
        'total_brand_mentions', 3,
        'total_word_count', $6::integer,
        'processed_at', now(),
        'created_at', now()) AS brand
) AS r;
