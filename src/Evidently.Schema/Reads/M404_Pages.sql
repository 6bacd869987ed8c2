-- Topics, keywords, prompts and source attribution. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

SELECT evidently_schema.create_read('get_topic_metrics',
    'p_brand_id uuid, p_customer_id uuid, p_from timestamptz, p_to timestamptz, p_collector_types text[] DEFAULT NULL',
    'topic text, visibility numeric, share_of_answers numeric, sentiment numeric, brand_presence numeric, responses bigint, competitor_share_of_answers numeric',
    'evidently_schema.legacy_processed(p_brand_id, p_from, p_to, p_collector_types)',
    'r.brand_id = p_brand_id AND r.customer_id = p_customer_id AND r.processed_at >= p_from AND r.processed_at < p_to
        AND (p_collector_types IS NULL OR r.collector_type = ANY (p_collector_types))',
    $page$SELECT (array_agg(btrim(a.topic) ORDER BY a.processed_at DESC, a.collector_result_id DESC) FILTER (WHERE a.is_brand))[1],
        100 * avg(a.visibility_index) FILTER (WHERE a.is_brand), avg(a.share_of_answers) FILTER (WHERE a.is_brand), avg(a.brand_score),
        100.0 * count(*) FILTER (WHERE a.is_brand AND a.has_brand_presence) / nullif(count(*) FILTER (WHERE a.is_brand), 0), count(*) FILTER (WHERE a.is_brand),
        avg(a.share_of_answers) FILTER (WHERE NOT a.is_brand)
    FROM answers AS a
    GROUP BY lower(btrim(a.topic) COLLATE "default")
    ORDER BY lower(btrim(a.topic) COLLATE "default") COLLATE "C"$page$);

SELECT evidently_schema.create_read('get_keyword_presence',
    'p_collector_result_ids bigint[], p_collector_type text DEFAULT NULL, p_from timestamptz DEFAULT NULL, p_to timestamptz DEFAULT NULL',
    'collector_result_id bigint, has_brand_presence boolean, created_at timestamptz, collector_type text',
    $ids$coalesce(p_collector_result_ids, ARRAY(SELECT ep.collector_result_id FROM {results} AS ep
        WHERE (p_from IS NULL OR coalesce(ep.created_at, ep.processed_at) >= p_from) AND (p_to IS NULL OR coalesce(ep.created_at, ep.processed_at) < p_to) AND {brand}))$ids$,
    '(p_collector_type IS NULL OR r.collector_type = p_collector_type)
        AND (p_from IS NULL OR r.created_at >= p_from) AND (p_to IS NULL OR r.created_at < p_to)',
    $page$SELECT r.collector_result_id, r.has_brand_presence, r.created_at, r.collector_type FROM results AS r ORDER BY r.collector_result_id$page$);

SELECT evidently_schema.create_read('get_prompt_metrics',
    'p_brand_id uuid, p_customer_id uuid, p_from timestamptz, p_to timestamptz, p_query_ids uuid[] DEFAULT NULL, p_collector_result_ids bigint[] DEFAULT NULL,
    p_collector_types text[] DEFAULT NULL',
    'query_id uuid, collector_result_id bigint, collector_type text, visibility numeric, sentiment numeric, brand_mentions integer, competitor_mentions bigint, competitors text[]',
    'evidently_schema.legacy_processed(p_brand_id, p_from, p_to, p_collector_types, p_query_ids, p_collector_result_ids)',
    'r.brand_id = p_brand_id AND r.customer_id = p_customer_id AND r.processed_at >= p_from AND r.processed_at < p_to
        AND (p_query_ids IS NULL AND p_collector_result_ids IS NULL OR r.query_id = ANY (p_query_ids) OR r.collector_result_id = ANY (p_collector_result_ids))
        AND (p_collector_types IS NULL OR r.collector_type = ANY (p_collector_types))',
    $page$SELECT a.query_id, a.collector_result_id, a.collector_type, 100 * max(a.visibility_index) FILTER (WHERE a.is_brand),
        max(a.brand_score), max(a.mentions) FILTER (WHERE a.is_brand), coalesce(sum(a.mentions) FILTER (WHERE NOT a.is_brand), 0),
        coalesce(array_agg(bc.competitor_name::text ORDER BY bc.competitor_name::text COLLATE "default", bc.competitor_name::text COLLATE "C") FILTER (WHERE bc.id IS NOT NULL), '{}')
    FROM answers AS a
    LEFT JOIN public.brand_competitors AS bc ON bc.id = a.competitor_id
    GROUP BY a.collector_result_id, a.query_id, a.collector_type
    ORDER BY a.collector_result_id$page$);

SELECT evidently_schema.create_read('get_source_metrics',
    'p_brand_id uuid, p_collector_result_ids bigint[]',
    'collector_result_id bigint, share_of_answers numeric, visibility numeric, sentiment numeric, brand_mentions integer, topic text',
    'coalesce(p_collector_result_ids, ARRAY(SELECT ep.collector_result_id FROM {results} AS ep WHERE ep.brand_id = p_brand_id AND {brand}))',
    'r.brand_id = p_brand_id',
    $page$SELECT r.collector_result_id, r.share_of_answers, 100 * r.visibility_index, r.sentiment_score, r.mentions, r.topic FROM results AS r ORDER BY r.collector_result_id$page$);

SELECT evidently_schema.route_read('get_topic_metrics', 'Per topic, whatever its casing: results of the brand processed from p_from to before p_to; results without a topic are one row of their own.');
SELECT evidently_schema.route_read('get_keyword_presence', 'Whether the brand is present, a row a result.');
SELECT evidently_schema.route_read('get_prompt_metrics', 'A row a result of the brand processed from p_from to before p_to, of these queries or these results.');
SELECT evidently_schema.route_read('get_source_metrics', 'A row a result of the brand, to be joined with the page''s citations.');

$step$);
