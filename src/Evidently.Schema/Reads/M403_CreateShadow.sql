-- Shadow mode. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

CREATE TABLE IF NOT EXISTS evidently_schema.shadow_calls (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    service text NOT NULL,
    name text NOT NULL,
    arguments jsonb NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts integer NOT NULL DEFAULT 0
);

COMMENT ON TABLE evidently_schema.shadow_calls IS 'Calls of services in shadow, to be run again in both versions; at most ten thousand';

CREATE TABLE IF NOT EXISTS evidently_schema.read_mismatches (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    service text NOT NULL,
    name text NOT NULL,
    arguments_hash text NOT NULL,
    legacy_rows bigint NOT NULL,
    star_rows bigint NOT NULL,
    missing bigint NOT NULL,
    extra bigint NOT NULL,
    different bigint NOT NULL,
    columns text[] NOT NULL,
    legacy_time interval NOT NULL,
    star_time interval NOT NULL
);

COMMENT ON TABLE evidently_schema.read_mismatches IS
    'Compared calls whose versions differ: rows missing on the star, extra there, and different in which columns; never a value';

CREATE TABLE IF NOT EXISTS evidently_schema.read_comparisons (
    name text PRIMARY KEY,
    service text NOT NULL,
    compared bigint NOT NULL DEFAULT 0,
    mismatched bigint NOT NULL DEFAULT 0,
    legacy_time interval NOT NULL DEFAULT '0',
    star_time interval NOT NULL DEFAULT '0',
    last_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

COMMENT ON TABLE evidently_schema.read_comparisons IS 'What shadow mode has compared so far, a row a function: how many calls, how many mismatched, and the time each version took in all';

-- Notes a sample of the calls of a service in shadow. Whatever fails, the caller does not see it; where it may not write (read-only, a
-- replica), or could fail at its end for having written (SERIALIZABLE), nothing is noted.
CREATE OR REPLACE FUNCTION evidently_schema.note_call(p_service text, p_name text, p_arguments jsonb) RETURNS void
LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1ms'
AS $function$
BEGIN
    IF (SELECT r.shadow FROM evidently_schema.read_routes AS r WHERE r.service = p_service) IS NOT TRUE
        OR random() >= (SELECT s.value::numeric FROM evidently_schema.settings AS s WHERE s.name = 'shadow_sample')
        OR current_setting('transaction_read_only') = 'on' OR current_setting('transaction_isolation') = 'serializable'
    THEN
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM evidently_schema.read_functions AS f WHERE f.name = p_name AND f.service = p_service)
        AND octet_length(p_arguments::text) <= 20000
        AND (SELECT count(*) FROM (SELECT FROM evidently_schema.shadow_calls LIMIT 10000) AS c) < 10000
    THEN
        INSERT INTO evidently_schema.shadow_calls (service, name, arguments) VALUES (p_service, p_name, p_arguments);
    END IF;
EXCEPTION
    WHEN OTHERS THEN
        NULL; -- a call that is not noted is not compared, that is all
END
$function$;

-- Runs both versions of a call in one snapshot, and says how their rows differ; NULL when a note is visible, with which they may.
CREATE OR REPLACE FUNCTION evidently_schema.compare_read(p_name text, p_arguments jsonb, OUT legacy_rows bigint, OUT star_rows bigint, OUT missing bigint, OUT extra bigint,
    OUT different bigint, OUT columns text[], OUT legacy_time interval, OUT star_time interval)
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    call constant text := (SELECT string_agg(format('%s => (SELECT a.%1$s FROM jsonb_to_record($1) AS a (%1$s %s))', n.name, format_type(p.proargtypes[n.i - 1], NULL)), ', ')
        FROM pg_proc AS p CROSS JOIN LATERAL unnest(p.proargnames[1:p.pronargs]) WITH ORDINALITY AS n (name, i)
        WHERE p.oid = ('evidently_schema.star_' || p_name)::regproc);
    keys constant text[] := (SELECT f.keys FROM evidently_schema.read_functions AS f WHERE f.name = p_name);
    started timestamptz;
    legacy_json jsonb;
    star_json jsonb;
BEGIN
    IF evidently_schema.is_noted((p_arguments ->> 'p_brand_id')::uuid,
        (SELECT a.ids FROM jsonb_to_record(jsonb_build_object('ids', p_arguments -> 'p_collector_result_ids')) AS a (ids bigint[])))
    THEN
        RETURN;
    END IF;
    started := clock_timestamp();
    EXECUTE format('SELECT coalesce(jsonb_agg(to_jsonb(r)), ''[]'') FROM evidently_schema.%I(%s) AS r', 'legacy_' || p_name, call) INTO legacy_json USING p_arguments;
    legacy_time := clock_timestamp() - started;
    started := clock_timestamp();
    EXECUTE format('SELECT coalesce(jsonb_agg(to_jsonb(r)), ''[]'') FROM evidently_schema.%I(%s) AS r', 'star_' || p_name, call) INTO star_json USING p_arguments;
    star_time := clock_timestamp() - started;

    WITH l AS MATERIALIZED (SELECT (SELECT jsonb_agg(e.v -> k.key) FROM unnest(keys) AS k (key)) AS key, e.v FROM jsonb_array_elements(legacy_json) AS e (v)),
    s AS MATERIALIZED (SELECT (SELECT jsonb_agg(e.v -> k.key) FROM unnest(keys) AS k (key)) AS key, e.v FROM jsonb_array_elements(star_json) AS e (v)),
    pairs AS MATERIALIZED (SELECT l.v AS legacy, s.v AS star FROM l FULL JOIN s ON coalesce(s.key, '[]') = coalesce(l.key, '[]'))
    SELECT jsonb_array_length(legacy_json), jsonb_array_length(star_json), count(*) FILTER (WHERE p.star IS NULL), count(*) FILTER (WHERE p.legacy IS NULL),
        count(*) FILTER (WHERE p.legacy <> p.star),
        coalesce((SELECT array_agg(DISTINCT c.key ORDER BY c.key) FROM pairs AS d CROSS JOIN LATERAL jsonb_object_keys(d.legacy) AS c (key)
            WHERE d.legacy <> d.star AND d.legacy -> c.key <> d.star -> c.key), '{}')
    INTO legacy_rows, star_rows, missing, extra, different, columns
    FROM pairs AS p;
END
$function$;

-- Compares up to p_limit of the noted calls, oldest first, and says how many. Each is one statement of its own snapshot; SET statement_timeout
-- before: none begins in the second half of it, and one that has taken a half ends this call and counts as failed. Calls of a brand with notes wait; those older than a
-- day, and those whose arguments are none, are forgotten. A call that has failed three times is given up, and its service is taken out of shadow.
CREATE OR REPLACE FUNCTION evidently_schema.run_shadow(p_limit integer DEFAULT 100) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    noted record;
    found record;
    failure text;
    done bigint := 0;
    half constant interval := current_setting('statement_timeout')::interval / 2;
BEGIN
    DELETE FROM evidently_schema.shadow_calls AS c WHERE c.noted_at < clock_timestamp() - interval '1 day';
    FOR noted IN
        SELECT c.* FROM evidently_schema.shadow_calls AS c ORDER BY c.attempts, c.id LIMIT p_limit FOR UPDATE SKIP LOCKED
    LOOP
        EXIT WHEN half > '0' AND clock_timestamp() > statement_timestamp() + half;
        failure := NULL;
        BEGIN
            SELECT r.* INTO found FROM evidently_schema.compare_read(noted.name, noted.arguments) AS r;
            CONTINUE WHEN found.legacy_rows IS NULL;
            INSERT INTO evidently_schema.read_comparisons AS k (name, service, compared, mismatched, legacy_time, star_time)
            VALUES (noted.name, noted.service, 1, (found.missing + found.extra + found.different > 0)::integer, found.legacy_time, found.star_time)
            ON CONFLICT (name) DO UPDATE SET compared = k.compared + 1, mismatched = k.mismatched + EXCLUDED.mismatched,
                legacy_time = k.legacy_time + EXCLUDED.legacy_time, star_time = k.star_time + EXCLUDED.star_time, last_at = clock_timestamp();
            INSERT INTO evidently_schema.read_mismatches (service, name, arguments_hash, legacy_rows, star_rows, missing, extra, different, columns, legacy_time, star_time)
            SELECT noted.service, noted.name, encode(sha256(convert_to(noted.arguments::text, 'UTF8')), 'hex'), found.legacy_rows, found.star_rows, found.missing, found.extra,
                found.different, found.columns, found.legacy_time, found.star_time
            WHERE found.missing + found.extra + found.different > 0;
            DELETE FROM evidently_schema.shadow_calls AS c WHERE c.id = noted.id;
            done := done + 1;
        EXCEPTION
            WHEN query_canceled OR others THEN
                failure := SQLSTATE; -- counted below; a timeout must be, or the same call would end every turn
        END;
        IF failure IN ('22P02', '22007', '22008', '22023', '22030') THEN
            DELETE FROM evidently_schema.shadow_calls AS c WHERE c.id = noted.id; -- noted by hand: the arguments cannot be read
        ELSIF failure IS NOT NULL AND noted.attempts < 2 THEN
            UPDATE evidently_schema.shadow_calls AS c SET attempts = c.attempts + 1 WHERE c.id = noted.id;
        ELSIF failure IS NOT NULL THEN
            DELETE FROM evidently_schema.shadow_calls AS c WHERE c.service = noted.service;
            UPDATE evidently_schema.read_routes AS r SET shadow = false,
                reason = format('%s could not be compared three times (SQLSTATE %s), call %s', noted.name, failure, noted.id)
            WHERE r.service = noted.service AND r.shadow;
        END IF;
        EXIT WHEN failure = '57014';
    END LOOP;
    RETURN done;
END
$function$;

SELECT evidently_schema.restrict_access('evidently_schema.shadow_calls', 'evidently_schema.read_mismatches', 'evidently_schema.read_comparisons',
    'evidently_schema.note_call', 'evidently_schema.compare_read', 'evidently_schema.run_shadow');

$step$);
