SELECT current_setting('evidently_schema.answered_by', true), r.metric_date, r.brand_id, r.customer_id, r.collector_type, r.avg_visibility, r.avg_share, r.presence_count,
    r.total_responses, r.avg_sentiment, r.positive_count, r.negative_count, r.neutral_count, r.first_response, r.last_response, r.sum_visibility, r.visibility_count,
    r.sum_share, r.share_count, r.sum_sentiment, r.sentiment_count
FROM (VALUES (1)) AS one (row)
LEFT JOIN public.get_brand_visibility_metrics($1, $2, $3, $4) AS r ON true;
