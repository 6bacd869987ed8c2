-- How often the star's tables and its daily view were read from end to end; no row while another session is there, since each publishes what it has counted when it ends.
SELECT sum(t.seq_scan)::bigint
FROM pg_stat_user_tables AS t
WHERE t.schemaname = 'public'
    AND t.relname IN ('metric_facts', 'brand_metrics', 'competitor_metrics', 'brand_sentiment', 'competitor_sentiment', 'mv_brand_daily_metrics')
HAVING NOT EXISTS (SELECT FROM pg_stat_activity AS a WHERE a.datname = current_database() AND a.backend_type = 'client backend' AND a.pid <> pg_backend_pid());
