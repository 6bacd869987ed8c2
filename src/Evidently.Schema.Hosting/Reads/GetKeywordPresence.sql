SELECT current_setting('evidently_schema.answered_by', true), r.collector_result_id, r.has_brand_presence, r.created_at, r.collector_type
FROM (VALUES (1)) AS one (row)
LEFT JOIN public.get_keyword_presence($1, $2, $3, $4) AS r ON true;
