-- A pooled connection keeps its session's locks until it is used again.
SELECT pg_catalog.pg_advisory_unlock_all();
