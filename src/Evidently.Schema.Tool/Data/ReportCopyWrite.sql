-- ReportWrite.sql, on the copy.
UPDATE evidently_schema.report_rows AS ep SET share_of_answers_brand = COALESCE(ep.share_of_answers_brand, 0) + 0.01
WHERE ep.collector_result_id = (SELECT pg_catalog.max(f.collector_result_id) FROM public.metric_facts AS f);
