SELECT current_setting('evidently_schema.answered_by', true), r.collector_result_id, r.query_id, r.collector_type, r.visibility, r.sentiment, r.brand_mentions,
    r.competitor_mentions, r.competitors
FROM (VALUES (1)) AS one (row)
LEFT JOIN public.get_prompt_metrics($1, $2, $3, $4, $5, $6, $7) AS r ON true;
