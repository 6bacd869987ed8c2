-- A worker's session: its CALL outlives the role's statement_timeout, and the server ends it soon after its process has died, where the
-- server can see that.
DO $do$
BEGIN
    PERFORM pg_catalog.set_config('statement_timeout', '0', false);
    PERFORM pg_catalog.set_config('client_connection_check_interval', '1s', false);
EXCEPTION
    WHEN invalid_parameter_value THEN
        PERFORM pg_catalog.set_config('statement_timeout', '0', false);
END
$do$;
