-- Who is at work in this database just now, or in the background, what he waits for, and behind whom.
SELECT
    a.pid,
    CASE a.backend_type WHEN 'client backend' THEN a.application_name ELSE a.backend_type END,
    coalesce(a.wait_event_type || ' ' || a.wait_event, 'processor'),
    CASE WHEN a.wait_event_type = 'Lock' THEN pg_blocking_pids(a.pid) ELSE '{}' END,
    CASE WHEN a.wait_event_type = 'Lock' THEN (
        SELECT string_agg(l.mode || ' on ' || coalesce(l.relation::regclass::text, l.locktype), ', ') FROM pg_locks AS l WHERE l.pid = a.pid AND NOT l.granted
    ) END,
    a.query
FROM pg_stat_activity AS a
WHERE a.pid <> pg_backend_pid() AND (a.datname = current_database() OR a.datname IS NULL)
    AND a.state IS DISTINCT FROM 'idle' AND a.wait_event_type IS DISTINCT FROM 'Activity';
