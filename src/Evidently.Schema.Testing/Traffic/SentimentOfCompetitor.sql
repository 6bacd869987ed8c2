UPDATE extracted_positions SET sentiment_label_competitor = $2, sentiment_score_competitor = $3
WHERE collector_result_id = $1 AND competitor_name = $4;
