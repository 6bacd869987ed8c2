-- When migration 207 had ended, in seconds since 1970.
SELECT extract(epoch FROM v.applied_on AT TIME ZONE 'UTC')::double precision
FROM evidently_schema.version_info AS v WHERE v.version = 207;
