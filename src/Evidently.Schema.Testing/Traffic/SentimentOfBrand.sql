UPDATE extracted_positions SET sentiment_label = $2, sentiment_score = $3
WHERE collector_result_id = $1 AND competitor_name IS NULL;
