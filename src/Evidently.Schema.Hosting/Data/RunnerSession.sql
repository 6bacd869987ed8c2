-- The server ends the statement of a killed process soon, where it can see that, and with it the runner's lock.
DO $do$
BEGIN
    PERFORM pg_catalog.set_config('client_connection_check_interval', '1s', false);
EXCEPTION
    WHEN invalid_parameter_value THEN
        NULL; -- not on this platform
END
$do$;
