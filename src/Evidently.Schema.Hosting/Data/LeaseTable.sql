-- As migration 101 makes it: before that one a lease decides which host runs it. Concurrent CREATE … IF NOT EXISTS collide, so one at a time.
DO $do$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = 'evidently_schema' AND c.relname = 'leases')
    THEN
        PERFORM pg_catalog.pg_advisory_xact_lock(1702259052, 5);
        CREATE SCHEMA IF NOT EXISTS evidently_schema;
        CREATE TABLE IF NOT EXISTS evidently_schema.leases (
            name text PRIMARY KEY,
            holder text NOT NULL,
            taken_at timestamptz NOT NULL DEFAULT clock_timestamp(),
            until timestamptz NOT NULL
        );
    END IF;
END
$do$;
