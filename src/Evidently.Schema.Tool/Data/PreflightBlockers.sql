-- Transactions that hold a lock on the application's tables which a step would wait for, and are open for more than a second.
SELECT a.pid, COALESCE(a.application_name, ''), COALESCE(a.state, 'not visible'), EXTRACT(EPOCH FROM pg_catalog.clock_timestamp() - a.xact_start)::double precision,
    pg_catalog.string_agg(DISTINCT c.relname::text, ', ')
FROM pg_catalog.pg_locks AS l
JOIN pg_catalog.pg_class AS c ON c.oid = l.relation
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'relation' AND l.granted AND l.mode <> 'AccessShareLock' AND n.nspname = 'public' AND l.pid <> pg_catalog.pg_backend_pid()
    AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
    AND c.relname IN ('extracted_positions', 'collector_results', 'generated_queries', 'brand_competitors', 'brands', 'customers')
    AND a.xact_start < pg_catalog.clock_timestamp() - INTERVAL '1 second'
GROUP BY a.pid, a.application_name, a.state, a.xact_start
ORDER BY 4 DESC;
