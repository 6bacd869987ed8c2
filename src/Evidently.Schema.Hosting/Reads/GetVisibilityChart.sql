SELECT current_setting('evidently_schema.answered_by', true), r.metric_date, r.collector_type, r.visibility, r.share_of_answers, r.sentiment, r.brand_presence, r.responses
FROM (VALUES (1)) AS one (row)
LEFT JOIN public.get_visibility_chart($1, $2, $3, $4, $5) AS r ON true;
