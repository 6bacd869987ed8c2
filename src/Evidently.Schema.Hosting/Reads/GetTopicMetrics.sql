SELECT current_setting('evidently_schema.answered_by', true), r.responses, r.topic, r.visibility, r.share_of_answers, r.sentiment, r.brand_presence, r.competitor_share_of_answers
FROM (VALUES (1)) AS one (row)
LEFT JOIN public.get_topic_metrics($1, $2, $3, $4, $5) AS r ON true;
