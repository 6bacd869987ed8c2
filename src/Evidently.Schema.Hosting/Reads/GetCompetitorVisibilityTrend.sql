SELECT current_setting('evidently_schema.answered_by', true), r.collector_result_id, r.processed_at, r.collector_type, r.visibility_index, r.share_of_answers, r.sentiment_score
FROM (VALUES (1)) AS one (row)
LEFT JOIN public.get_competitor_visibility_trend($1, $2, $3, $4) AS r ON true;
