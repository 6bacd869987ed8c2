SELECT
    ep.collector_result_id,
    ep.competitor_name,
    ep.total_word_count,
    CASE WHEN ep.competitor_name IS NULL THEN ep.sentiment_label ELSE ep.sentiment_label_competitor END,
    (CASE WHEN ep.competitor_name IS NULL THEN ep.sentiment_score ELSE ep.sentiment_score_competitor END)::numeric(10, 2)
FROM public.extracted_positions AS ep
WHERE ep.collector_result_id = ANY ($1);
