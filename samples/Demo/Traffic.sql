-- A scorer, minutes later: label and score of a result's brand row.
UPDATE extracted_positions SET sentiment_score = $2
WHERE competitor_name IS NULL AND collector_result_id = (SELECT min(id) FROM collector_results WHERE id >= $1);
