-- The page of before: every row, aggregated by the application.
SELECT * FROM public.extracted_positions AS ep
WHERE ep.brand_id = $1 AND ep.processed_at >= $2 AND ep.processed_at <= $3;
