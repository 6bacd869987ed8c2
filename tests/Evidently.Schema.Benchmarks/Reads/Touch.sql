-- What the application does all day: it changes a result of today, by the daily view's last refresh not yet in it.
UPDATE extracted_positions
SET total_word_count = total_word_count + 1
WHERE id = (SELECT ep.id FROM extracted_positions AS ep WHERE ep.brand_id = $1 AND ep.competitor_name IS NULL ORDER BY ep.processed_at DESC LIMIT 1);
