SELECT l.pid, COALESCE(a.application_name, ''), COALESCE(a.usename::text, ''), a.backend_start
FROM pg_catalog.pg_locks AS l
LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid
WHERE l.locktype = 'advisory'
  AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())
  AND l.classid = 1702259052
  AND l.objid = 2
  AND l.objsubid = 2
  AND l.granted
LIMIT 1;
