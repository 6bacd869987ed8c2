-- The gate around a runner. The migrations themselves take (1702259052, 1) on the runner's own session.
SELECT pg_catalog.pg_try_advisory_lock(1702259052, 2);
