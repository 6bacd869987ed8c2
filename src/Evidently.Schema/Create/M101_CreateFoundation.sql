-- Settings, the audit trail and the access rules, in the schema evidently_schema, on which PUBLIC has no rights.
CALL evidently_schema.step(ARRAY[]::text[], $step$

REVOKE ALL ON SCHEMA evidently_schema FROM PUBLIC;

COMMENT ON SCHEMA evidently_schema IS 'Evidently.Schema: moves extracted_positions into the star; see its README';

CREATE TABLE IF NOT EXISTS evidently_schema.events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text NOT NULL DEFAULT session_user || coalesce(' (' || nullif(current_setting('role'), 'none') || ')', ''),
    kind text NOT NULL,
    subject text NOT NULL,
    was text,
    became text,
    reason text
);

COMMENT ON TABLE evidently_schema.events IS 'The audit trail: who, and in brackets as which role, changed what, when and why; ids and settings, never row values';

CREATE TABLE IF NOT EXISTS evidently_schema.settings (
    name text PRIMARY KEY,
    value text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_by text NOT NULL DEFAULT session_user || coalesce(' (' || nullif(current_setting('role'), 'none') || ')', '')
);

COMMENT ON TABLE evidently_schema.settings IS 'One row a setting; UPDATE its value, it takes effect at once; a bad value is refused (EV008)';

CREATE TABLE IF NOT EXISTS evidently_schema.leases (
    name text PRIMARY KEY,
    holder text NOT NULL,
    taken_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    until timestamptz NOT NULL
);

COMMENT ON TABLE evidently_schema.leases IS 'Which of an application''s hosts does what; one that is not renewed in time is another host''s to take';

-- The names are fixed; a value must be of the setting's kind.
CREATE OR REPLACE FUNCTION evidently_schema.check_setting() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    expected text;
    fine boolean;
BEGIN
    IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND NEW.name <> OLD.name) THEN
        RAISE EXCEPTION USING ERRCODE = 'EV008', MESSAGE = format('Setting %s cannot be removed or renamed.', OLD.name),
            HINT = 'Change its value instead.';
    END IF;
    expected := CASE
        WHEN NEW.name = 'dual_write' THEN 'off, capture, sync or strict'
        WHEN NEW.name = 'write_target' THEN 'both or star'
        WHEN NEW.name IN ('backfill_paused', 'star_policies_confirmed', 'allow_drop_raw_answer') THEN 'true or false'
        WHEN NEW.name = 'backfill_batch_size' THEN 'a whole number from 1 to 10000'
        WHEN NEW.name = 'backfill_pause_ms' THEN 'a whole number from 0 to 60000'
        WHEN NEW.name = 'quiet_days' THEN 'a whole number from 0 to 3650'
        WHEN NEW.name = 'shadow_sample' THEN 'a number from 0 to 1'
        WHEN NEW.name IN ('verification_max_age', 'archive_min_age') THEN 'an interval, such as 24 hours'
    END;
    IF expected IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'EV008', MESSAGE = format('There is no setting %s.', quote_literal(NEW.name)),
            HINT = 'SELECT name, value FROM evidently_schema.settings;';
    END IF;
    BEGIN
        fine := CASE
            WHEN NEW.name = 'dual_write' THEN NEW.value IN ('off', 'capture', 'sync', 'strict')
            WHEN NEW.name = 'write_target' THEN NEW.value IN ('both', 'star')
            WHEN expected = 'true or false' THEN NEW.value IN ('true', 'false')
            WHEN NEW.name = 'backfill_batch_size' THEN NEW.value::integer BETWEEN 1 AND 10000
            WHEN NEW.name = 'backfill_pause_ms' THEN NEW.value::integer BETWEEN 0 AND 60000
            WHEN NEW.name = 'quiet_days' THEN NEW.value::integer BETWEEN 0 AND 3650
            WHEN NEW.name = 'shadow_sample' THEN NEW.value::numeric BETWEEN 0 AND 1
            ELSE NEW.value::interval >= interval '0'
        END;
    EXCEPTION
        WHEN data_exception THEN
            fine := false; -- not a value of the kind at all: refused below like one out of its range
    END;
    IF NOT fine THEN
        RAISE EXCEPTION USING ERRCODE = 'EV008',
            MESSAGE = format('Setting %s cannot be %s; expected %s.', NEW.name, quote_literal(NEW.value), expected),
            HINT = format('UPDATE evidently_schema.settings SET value = ''…'' WHERE name = %L;', NEW.name);
    END IF;
    IF NEW.name = 'dual_write' AND NEW.value IN ('sync', 'strict') AND to_regproc('evidently_schema.sync_results') IS NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'EV008', MESSAGE = format('Setting dual_write cannot be %s before phase 3.', NEW.value),
            HINT = 'Migrate to phase 3 first, which sets it to sync.';
    END IF;
    IF NEW.name = 'write_target' AND NEW.value = 'star' AND to_regclass('public.extracted_positions_archived') IS NULL
        AND (SELECT c.relkind <> 'v' FROM pg_class AS c WHERE c.oid = to_regclass('public.extracted_positions'))
    THEN
        RAISE EXCEPTION USING ERRCODE = 'EV008', MESSAGE = 'Setting write_target cannot be star before extracted_positions is archived.',
            HINT = 'Leave it at both: who reads legacy would miss what is written to the star alone.';
    ELSIF NEW.name = 'write_target' AND NEW.value = 'both' AND to_regclass('public.extracted_positions_archived') IS NULL
        AND (SELECT c.relkind = 'v' FROM pg_class AS c WHERE c.oid = to_regclass('public.extracted_positions'))
    THEN
        RAISE EXCEPTION USING ERRCODE = 'EV008', MESSAGE = 'Setting write_target cannot be both any more: the legacy table was dropped by cleanup.',
            HINT = 'Leave it at star.';
    END IF;
    NEW.changed_at := clock_timestamp();
    NEW.changed_by := session_user || coalesce(' (' || nullif(current_setting('role'), 'none') || ')', '');
    IF TG_OP = 'UPDATE' AND NEW.value <> OLD.value THEN
        INSERT INTO evidently_schema.events (kind, subject, was, became) VALUES ('setting', NEW.name, OLD.value, NEW.value);
    END IF;
    RETURN NEW;
END
$function$;

CREATE OR REPLACE TRIGGER check_setting BEFORE INSERT OR UPDATE OR DELETE ON evidently_schema.settings
    FOR EACH ROW EXECUTE FUNCTION evidently_schema.check_setting();

INSERT INTO evidently_schema.settings (name, value)
SELECT s.name, s.value
FROM (VALUES
    ('dual_write', 'capture'), ('write_target', 'both'),
    ('backfill_batch_size', '1000'), ('backfill_pause_ms', '0'), ('backfill_paused', 'false'),
    ('verification_max_age', '24 hours'), ('archive_min_age', '30 days'), ('quiet_days', '7'),
    ('shadow_sample', '0.01'), ('star_policies_confirmed', 'false'), ('allow_drop_raw_answer', 'false')
) AS s (name, value)
WHERE NOT EXISTS (SELECT FROM evidently_schema.settings AS e WHERE e.name = s.name);

-- Gives the named relations (with their sequences) and routines their rights: service_role all; PUBLIC, anon and authenticated nothing;
-- routines to the roles that may SELECT from legacy, except anon and authenticated; trigger functions to nobody: a trigger needs no EXECUTE to fire,
-- and who has it can make a trigger on a table of his own, whose transition tables are views of his, and so run what he likes as their owner. Only what a step has just made is named, so that
-- a GRANT of the host's own stays. Default privileges give new relations to whole roles: what these may not read of legacy row by row, they
-- lose here too (a materialized view knows no row security), and everything in evidently_schema.
CREATE OR REPLACE FUNCTION evidently_schema.restrict_access(VARIADIC p_names text[]) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    outsiders text := (SELECT concat_ws(', ', 'PUBLIC', string_agg(quote_ident(r.rolname), ', ')) FROM pg_roles AS r
        WHERE r.rolname IN ('anon', 'authenticated'));
    service text := (SELECT quote_ident(r.rolname) FROM pg_roles AS r WHERE r.rolname = 'service_role');
    readers text := (SELECT string_agg(DISTINCT quote_ident(r.rolname), ', ')
        FROM pg_class AS c
        CROSS JOIN LATERAL aclexplode(c.relacl) AS a
        JOIN pg_roles AS r ON r.oid = a.grantee
        WHERE c.oid = to_regclass('public.extracted_positions') AND a.privilege_type = 'SELECT' AND a.grantee <> c.relowner
            AND r.rolname NOT IN ('anon', 'authenticated'));
    relation record;
    routine regprocedure;
    other record;
BEGIN
    FOR other IN
        SELECT DISTINCT c.oid::regclass AS name, CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind, r.rolname
        FROM pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS a JOIN pg_roles AS r ON r.oid = a.grantee
        JOIN pg_class AS legacy ON legacy.oid = coalesce(to_regclass('public.extracted_positions_archived'), to_regclass('public.extracted_positions'))
        WHERE (c.oid IN (SELECT to_regclass(n)::oid FROM unnest(p_names) AS n)
                OR c.relkind = 'S' AND EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                    AND d.deptype IN ('a', 'i') AND d.refobjid IN (SELECT to_regclass(n)::oid FROM unnest(p_names) AS n)))
            AND r.oid <> c.relowner AND r.rolname NOT IN ('service_role', 'anon', 'authenticated')
            AND (c.relnamespace = 'evidently_schema'::regnamespace OR legacy.relrowsecurity
                OR NOT has_table_privilege(r.oid, legacy.oid, 'SELECT'))
    LOOP
        EXECUTE format('REVOKE ALL ON %s %s FROM %I', other.kind, other.name, other.rolname);
    END LOOP;
    FOR relation IN
        SELECT c.oid::regclass AS name, CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS kind
        FROM pg_class AS c
        WHERE c.oid IN (SELECT to_regclass(n)::oid FROM unnest(p_names) AS n)
            OR c.relkind = 'S' AND EXISTS (SELECT FROM pg_depend AS d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid
                AND d.deptype IN ('a', 'i') AND d.refobjid IN (SELECT to_regclass(n)::oid FROM unnest(p_names) AS n))
    LOOP
        EXECUTE format('REVOKE ALL ON %s %s FROM %s', relation.kind, relation.name, outsiders);
        IF service IS NOT NULL THEN
            EXECUTE format('GRANT ALL ON %s %s TO %s', relation.kind, relation.name, service);
        END IF;
    END LOOP;
    FOR routine IN
        SELECT p.oid::regprocedure FROM pg_proc AS p JOIN pg_namespace AS s ON s.oid = p.pronamespace
        WHERE s.nspname || '.' || p.proname = ANY (p_names)
    LOOP
        EXECUTE format('REVOKE ALL ON ROUTINE %s FROM %s', routine, concat_ws(', ', outsiders, service, readers));
        IF concat_ws(', ', service, readers) <> '' AND (SELECT p.prorettype <> 'trigger'::regtype FROM pg_proc AS p WHERE p.oid = routine) THEN
            EXECUTE format('GRANT EXECUTE ON ROUTINE %s TO %s', routine, concat_ws(', ', service, readers));
        END IF;
    END LOOP;
    IF concat_ws(', ', service, readers) <> '' THEN
        EXECUTE format('GRANT USAGE ON SCHEMA evidently_schema TO %s', concat_ws(', ', service, readers));
    END IF;
END
$function$;

-- A Down looks at the database, not at the version list: it refuses while what a later phase made is still there.
CREATE OR REPLACE FUNCTION evidently_schema.refuse_after(p_phase integer) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    found text := CASE
        WHEN to_regclass('public.extracted_positions_archived') IS NOT NULL
            THEN 'extracted_positions is archived (phase 5)'
        WHEN NOT EXISTS (SELECT FROM pg_class AS c WHERE c.oid = to_regclass('public.extracted_positions') AND c.relkind IN ('r', 'p'))
            THEN 'extracted_positions is not a table any more (phase 5)'
        WHEN p_phase < 4 AND to_regclass('evidently_schema.read_routes') IS NOT NULL
            THEN 'reads are routed (phase 4)'
        WHEN p_phase < 3 AND (SELECT s.value IN ('sync', 'strict') FROM evidently_schema.settings AS s WHERE s.name = 'dual_write')
            THEN 'dual_write is on (phase 3)'
        WHEN p_phase < 2 AND to_regclass('evidently_schema.change_notes') IS NOT NULL
            THEN 'capture is installed (phase 2)'
    END;
BEGIN
    IF found IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'EV007', MESSAGE = format('Phase %s cannot be rolled back: %s.', p_phase, found),
            HINT = 'Roll back the later phase first; where it is not listed as applied, it was interrupted: migrate up before. Nothing was changed.';
    END IF;
END
$function$;

SELECT evidently_schema.restrict_access('evidently_schema.events', 'evidently_schema.leases', 'evidently_schema.settings', 'evidently_schema.version_info',
    'evidently_schema.step', 'evidently_schema.check_setting', 'evidently_schema.restrict_access', 'evidently_schema.refuse_after');

$step$);
