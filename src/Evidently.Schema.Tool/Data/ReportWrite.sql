-- In a transaction that is rolled back: one result's rows written again, and followed by the star.
UPDATE public.extracted_positions AS ep SET share_of_answers_brand = COALESCE(ep.share_of_answers_brand, 0) + 0.01
WHERE ep.collector_result_id = (SELECT pg_catalog.max(f.collector_result_id) FROM public.metric_facts AS f);
