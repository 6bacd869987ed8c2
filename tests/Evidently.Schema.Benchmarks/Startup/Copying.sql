SELECT EXISTS (
    SELECT FROM pg_stat_activity AS a
    WHERE a.datname = current_database() AND a.state = 'active' AND a.query LIKE '%CALL evidently_schema.backfill(%' AND a.pid <> pg_backend_pid()
) AS copying;
