SELECT pg_catalog.current_setting('server_version'), current_user::text,
    EXTRACT(EPOCH FROM (SELECT pg_catalog.max(pg_catalog.clock_timestamp() - a.xact_start) FROM pg_catalog.pg_stat_activity AS a
        WHERE a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid()))::double precision,
    pg_catalog.current_setting('statement_timeout'),
    (SELECT i.indexrelid::regclass::text FROM pg_catalog.pg_index AS i JOIN pg_catalog.pg_attribute AS t ON t.attrelid = i.indrelid AND t.attnum = i.indkey[0]
        WHERE i.indrelid = coalesce(pg_catalog.to_regclass('public.extracted_positions_archived'), pg_catalog.to_regclass('public.extracted_positions')) AND i.indisvalid AND i.indpred IS NULL AND t.attname = 'collector_result_id' LIMIT 1);
