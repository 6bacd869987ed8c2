-- Reads the catalog: calling what is not there would fill the server's log with errors.
SELECT EXISTS (
    SELECT FROM pg_catalog.pg_proc AS p
    JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
    WHERE n.nspname = 'evidently_schema' AND p.proname = 'drain_turn'
);
