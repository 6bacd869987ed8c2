SELECT c.relname::text, GREATEST(c.reltuples, 0)::bigint, pg_catalog.pg_table_size(c.oid), pg_catalog.pg_indexes_size(c.oid)
FROM pg_catalog.pg_class AS c
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'm') AND c.relname IN ('extracted_positions', 'extracted_positions_archived', 'collector_results', 'generated_queries', 'brand_competitors', 'brands', 'customers',
    'metric_facts', 'brand_metrics', 'competitor_metrics', 'brand_sentiment', 'competitor_sentiment', 'mv_brand_daily_metrics')
ORDER BY 3 + pg_catalog.pg_indexes_size(c.oid) DESC;
