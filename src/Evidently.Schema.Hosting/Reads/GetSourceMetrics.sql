SELECT current_setting('evidently_schema.answered_by', true), r.collector_result_id, r.share_of_answers, r.visibility, r.sentiment, r.brand_mentions, r.topic
FROM (VALUES (1)) AS one (row)
LEFT JOIN public.get_source_metrics($1, $2) AS r ON true;
