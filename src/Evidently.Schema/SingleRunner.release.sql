-- Gives the runner lock back, for sessions that return to a pool.
SELECT pg_catalog.pg_advisory_unlock(1702259052, 1);
