-- Bytes of legacy and star, heap with TOAST and indexes, and the star's rows.
SELECT
    pg_catalog.pg_table_size('public.extracted_positions') AS legacy_heap,
    pg_catalog.pg_indexes_size('public.extracted_positions') AS legacy_indexes,
    sum(pg_catalog.pg_table_size(t.name::regclass))::bigint AS star_heap,
    sum(pg_catalog.pg_indexes_size(t.name::regclass))::bigint AS star_indexes
FROM unnest(ARRAY['public.metric_facts', 'public.brand_metrics', 'public.competitor_metrics', 'public.brand_sentiment',
    'public.competitor_sentiment', 'public.mv_brand_daily_metrics']) AS t (name);
