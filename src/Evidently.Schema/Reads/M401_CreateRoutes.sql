-- The routes, the gate before them, and the choice. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

-- The functions of phase 4 and their services; keys: the columns that tell a function's rows apart.
CREATE TABLE IF NOT EXISTS evidently_schema.read_functions (
    name text PRIMARY KEY,
    service text NOT NULL,
    keys text[] NOT NULL
);

INSERT INTO evidently_schema.read_functions (name, service, keys)
SELECT f.name, f.service, f.keys
FROM (VALUES
    ('get_dashboard_metrics', 'dashboard', ARRAY[]::text[]),
    ('get_brand_visibility_metrics', 'dashboard', ARRAY['customer_id', 'collector_type', 'metric_date']),
    ('get_visibility_chart', 'visibility_charts', ARRAY['metric_date', 'collector_type']),
    ('get_competitor_visibility_trend', 'visibility_charts', ARRAY['collector_result_id']),
    ('get_topic_metrics', 'topics', ARRAY['topic']),
    ('get_keyword_presence', 'keywords', ARRAY['collector_result_id']),
    ('get_prompt_metrics', 'prompts', ARRAY['collector_result_id']),
    ('get_source_metrics', 'source_attribution', ARRAY['collector_result_id'])
) AS f (name, service, keys)
WHERE NOT EXISTS (SELECT FROM evidently_schema.read_functions AS e WHERE e.name = f.name);

COMMENT ON TABLE evidently_schema.read_functions IS 'The functions that are routed, and the service each belongs to';

CREATE TABLE IF NOT EXISTS evidently_schema.read_routes (
    service text PRIMARY KEY,
    star_percent integer NOT NULL DEFAULT 0,
    shadow boolean NOT NULL DEFAULT false,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_by text NOT NULL DEFAULT session_user || coalesce(' (' || nullif(current_setting('role'), 'none') || ')', ''),
    reason text
);

COMMENT ON TABLE evidently_schema.read_routes IS
    'One row a service: the percent of brands that are read from the star, and whether both versions are compared; UPDATE it, it takes effect at once';

-- Refuses a percent that is none, a service that is none, and a raise while the star is not known to be right or hides rows (EV011).
-- Lowering passes always. A reason that is not given anew is not the reason of this change.
CREATE OR REPLACE FUNCTION evidently_schema.check_route() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    max_age constant interval := (SELECT s.value::interval FROM evidently_schema.settings AS s WHERE s.name = 'verification_max_age');
    latest record;
    refusals text[] := '{}';
    reader record;
BEGIN
    IF TG_OP <> 'INSERT' AND (TG_OP IN ('DELETE', 'TRUNCATE') OR NEW.service <> OLD.service) THEN
        RAISE EXCEPTION USING ERRCODE = 'EV011', MESSAGE = 'A route cannot be removed or renamed.',
            HINT = 'UPDATE evidently_schema.read_routes SET star_percent = 0 WHERE service = ''…''; reads legacy again.';
    ELSIF NOT EXISTS (SELECT FROM evidently_schema.read_functions AS f WHERE f.service = NEW.service) THEN
        RAISE EXCEPTION USING ERRCODE = 'EV011', MESSAGE = format('There is no service %s.', quote_literal(NEW.service)),
            HINT = 'SELECT service, star_percent FROM evidently_schema.read_routes;';
    ELSIF NEW.star_percent IS NULL OR NEW.star_percent NOT BETWEEN 0 AND 100 THEN
        RAISE EXCEPTION USING ERRCODE = 'EV011', MESSAGE = format('Service %s cannot be read from the star at %s percent.', NEW.service, coalesce(NEW.star_percent::text, 'no')),
            HINT = 'star_percent is a whole number from 0 to 100.';
    END IF;
    IF NEW.star_percent > (CASE WHEN TG_OP = 'UPDATE' THEN OLD.star_percent ELSE 0 END) THEN
        SELECT v.id, v.at, v.ok INTO latest FROM evidently_schema.verifications AS v ORDER BY v.id DESC LIMIT 1;
        IF latest.id IS NULL OR latest.at < clock_timestamp() - max_age THEN
            refusals := refusals || format('the star was last verified %s, which is not within verification_max_age (%s): SELECT * FROM evidently_schema.verify();',
                coalesce('at ' || latest.at, 'never'), max_age);
        ELSIF NOT latest.ok THEN
            refusals := refusals || 'the last verification found differences: SELECT evidently_schema.repair(); SELECT * FROM evidently_schema.verify();'::text;
        END IF;
        FOR reader IN
            SELECT r.rolname, x.statements
            FROM pg_roles AS r
            CROSS JOIN LATERAL (SELECT evidently_schema.star_refusals(r.rolname) AS statements) AS x
            WHERE x.statements <> '{}' AND has_any_column_privilege(r.oid, 'public.extracted_positions', 'SELECT')
                AND EXISTS (SELECT FROM evidently_schema.read_functions AS f JOIN pg_proc AS p ON p.proname = f.name AND p.pronamespace = 'public'::regnamespace
                    WHERE f.service = NEW.service AND has_function_privilege(r.oid, p.oid, 'EXECUTE'))
            ORDER BY r.rolname
        LOOP
            refusals := refusals || format('role %I reads legacy and would see fewer rows on the star, or others: %s', reader.rolname, array_to_string(reader.statements, ' '));
        END LOOP;
        IF refusals <> '{}' THEN
            RAISE EXCEPTION USING ERRCODE = 'EV011',
                MESSAGE = format('Service %s stays at %s percent: %s', NEW.service, CASE WHEN TG_OP = 'UPDATE' THEN OLD.star_percent ELSE 0 END, array_to_string(refusals, E'\n')),
                HINT = 'Each open point says what to type.';
        END IF;
    END IF;
    NEW.changed_at := clock_timestamp();
    NEW.changed_by := session_user || coalesce(' (' || nullif(current_setting('role'), 'none') || ')', '');
    IF TG_OP = 'UPDATE' THEN
        NEW.reason := CASE WHEN NEW.reason IS DISTINCT FROM OLD.reason THEN NEW.reason END;
        INSERT INTO evidently_schema.events (kind, subject, was, became, reason)
        SELECT c.kind, NEW.service, c.was, c.became, NEW.reason
        FROM (VALUES ('route', OLD.star_percent::text, NEW.star_percent::text), ('shadow', OLD.shadow::text, NEW.shadow::text)) AS c (kind, was, became)
        WHERE c.was <> c.became;
    END IF;
    RETURN NEW;
END
$function$;

CREATE OR REPLACE TRIGGER check_route BEFORE INSERT OR UPDATE OR DELETE ON evidently_schema.read_routes
    FOR EACH ROW EXECUTE FUNCTION evidently_schema.check_route();
CREATE OR REPLACE TRIGGER check_route_truncate BEFORE TRUNCATE ON evidently_schema.read_routes
    FOR EACH STATEMENT EXECUTE FUNCTION evidently_schema.check_route();

INSERT INTO evidently_schema.read_routes (service)
SELECT DISTINCT f.service FROM evidently_schema.read_functions AS f
WHERE NOT EXISTS (SELECT FROM evidently_schema.read_routes AS r WHERE r.service = f.service);

-- 0 to 99: a brand is read from the star when this is below its service's percent. The first three bytes of SHA-256 of the id's sixteen, so
-- that any host can compute it.
CREATE OR REPLACE FUNCTION evidently_schema.read_bucket(p_brand_id uuid) RETURNS integer
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
RETURN (SELECT (get_byte(h.hash, 0) * 65536 + get_byte(h.hash, 1) * 256 + get_byte(h.hash, 2)) % 100 FROM (SELECT sha256(uuid_send(p_brand_id))) AS h (hash));

-- Whether a visible note touches the brand, or, without one, any of the results (NULL: any at all). Beyond a thousand notes, or rejected rows
-- that a parent's note may concern, every brand counts as noted: finding out would cost more than reading legacy.
CREATE OR REPLACE FUNCTION evidently_schema.is_noted(p_brand_id uuid, p_collector_result_ids bigint[]) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM evidently_schema.change_notes) THEN
        RETURN false;
    ELSIF (SELECT count(*) FROM (SELECT FROM evidently_schema.change_notes LIMIT 1001) AS n) > 1000 THEN
        RETURN true;
    ELSIF p_brand_id IS NULL THEN
        RETURN EXISTS (SELECT FROM evidently_schema.change_notes AS n
            WHERE n.kind NOT IN ('result', 'row', 'collector_result')
                OR n.kind <> 'row' AND (p_collector_result_ids IS NULL OR n.collector_result_id = ANY (p_collector_result_ids)));
    END IF;
    RETURN EXISTS (SELECT FROM evidently_schema.change_notes AS n JOIN public.metric_facts AS f ON f.collector_result_id = n.collector_result_id
            WHERE f.brand_id = p_brand_id)
        OR EXISTS (SELECT FROM evidently_schema.change_notes AS n JOIN public.extracted_positions AS ep ON ep.collector_result_id = n.collector_result_id
            WHERE ep.brand_id = p_brand_id)
        OR EXISTS (SELECT FROM evidently_schema.parent_notes AS n
            WHERE n.kind = 'all' OR n.brand_id = p_brand_id
                OR EXISTS (SELECT FROM public.metric_facts AS f WHERE f.brand_id = p_brand_id AND f.query_id = n.query_id)
                OR EXISTS (SELECT FROM public.metric_facts AS f WHERE f.brand_id = p_brand_id AND f.customer_id = n.customer_id))
        OR EXISTS (SELECT FROM evidently_schema.parent_notes AS n WHERE n.kind IN ('query', 'customer'))
            AND ((SELECT count(*) FROM (SELECT FROM evidently_schema.rejected_rows LIMIT 1001) AS x) > 1000
                OR EXISTS (SELECT FROM evidently_schema.rejected_rows AS x JOIN public.extracted_positions AS ep ON ep.collector_result_id = x.collector_result_id
                    WHERE ep.brand_id = p_brand_id));
END
$function$;

-- The choice: whether this call reads the star. After archive always; else when the brand's bucket is below the percent (without a brand: at
-- 100), dual_write keeps the star in step, no note is visible, and the star shows p_reader, the role that asks, what legacy does. Every call of a page
-- asks, hence one statement for what is looked up.
CREATE OR REPLACE FUNCTION evidently_schema.reads_star(p_service text, p_brand_id uuid, p_collector_result_ids bigint[], p_reader name) RETURNS boolean
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    kind "char";
    percent integer;
    mode text;
BEGIN
    SELECT (SELECT c.relkind FROM pg_class AS c WHERE c.oid = to_regclass('public.extracted_positions')),
        (SELECT r.star_percent FROM evidently_schema.read_routes AS r WHERE r.service = p_service),
        (SELECT s.value FROM evidently_schema.settings AS s WHERE s.name = 'dual_write')
    INTO kind, percent, mode;
    IF kind IS DISTINCT FROM 'r' THEN
        RETURN true;
    ELSIF coalesce(percent, 0) <= (CASE WHEN p_brand_id IS NULL THEN 99 ELSE evidently_schema.read_bucket(p_brand_id) END) THEN
        RETURN false;
    END IF;
    RETURN mode IN ('sync', 'strict')
        AND NOT evidently_schema.is_noted(p_brand_id, p_collector_result_ids)
        AND evidently_schema.star_refusals(p_reader) = '{}';
END
$function$;

SELECT evidently_schema.restrict_access('evidently_schema.read_functions', 'evidently_schema.read_routes', 'evidently_schema.check_route',
    'evidently_schema.read_bucket', 'evidently_schema.is_noted', 'evidently_schema.reads_star');

$step$);
