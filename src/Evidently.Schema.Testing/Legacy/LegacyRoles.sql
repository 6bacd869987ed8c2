-- Creates the role that owns legacy databases, with the password in the setting legacy.owner_password, and on request Supabase's three.
-- Roles belong to the server: the lock is for test runs that start at once.
DO $roles$
DECLARE
    wanted text;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('evidently_schema_testing.roles'));
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = 'legacy_owner') THEN
        CREATE ROLE legacy_owner LOGIN;
    END IF;
    EXECUTE format('ALTER ROLE legacy_owner PASSWORD %L', current_setting('legacy.owner_password'));
    IF current_setting('legacy.supabase_roles')::boolean THEN
        FOREACH wanted IN ARRAY ARRAY['anon NOLOGIN', 'authenticated NOLOGIN', 'service_role NOLOGIN BYPASSRLS'] LOOP
            IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = split_part(wanted, ' ', 1)) THEN
                EXECUTE 'CREATE ROLE ' || wanted;
            END IF;
        END LOOP;
    END IF;
END;
$roles$;
