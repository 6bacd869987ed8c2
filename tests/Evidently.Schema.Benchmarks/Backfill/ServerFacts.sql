SELECT string_agg(s.name || ' = ' || pg_catalog.current_setting(s.name), ', ' ORDER BY s.n)
FROM unnest(ARRAY['fsync', 'synchronous_commit', 'full_page_writes', 'wal_level', 'max_wal_size', 'shared_buffers', 'work_mem', 'max_parallel_workers_per_gather'])
    WITH ORDINALITY AS s (name, n);
