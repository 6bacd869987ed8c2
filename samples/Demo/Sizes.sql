-- Each table of legacy and star: rows counted, heap with its TOAST, and indexes.
SELECT
    t.name = 'extracted_positions' AS legacy,
    t.name,
    t.rows,
    pg_catalog.pg_table_size(('public.' || t.name)::regclass) AS heap,
    pg_catalog.pg_indexes_size(('public.' || t.name)::regclass) AS indexes
FROM (
    SELECT 1 AS n, 'extracted_positions' AS name, count(*) AS rows FROM public.extracted_positions
    UNION ALL
    SELECT 2, 'metric_facts', count(*) FROM public.metric_facts
    UNION ALL
    SELECT 3, 'brand_metrics', count(*) FROM public.brand_metrics
    UNION ALL
    SELECT 4, 'competitor_metrics', count(*) FROM public.competitor_metrics
    UNION ALL
    SELECT 5, 'brand_sentiment', count(*) FROM public.brand_sentiment
    UNION ALL
    SELECT 6, 'competitor_sentiment', count(*) FROM public.competitor_sentiment
    UNION ALL
    SELECT 7, 'mv_brand_daily_metrics', count(*) FROM public.mv_brand_daily_metrics
) AS t
ORDER BY t.n;
