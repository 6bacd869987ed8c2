-- Conversions that never raise: what cannot be converted is NULL, and the caller says so with a reason. One overload per type a legacy
-- column may have, so that the views read alike everywhere. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

-- NULL, at no cost. As a column of a subquery in FROM it keeps the planner from merging that subquery with the query around it, which would
-- compute its other columns again at each place they are used: it is VOLATILE then; later it is inlined. Filters still pass through.
CREATE OR REPLACE FUNCTION evidently_schema.computed_once() RETURNS boolean
LANGUAGE sql VOLATILE PARALLEL SAFE
RETURN NULL::boolean;

-- A metric as the star's numeric(5,2), rounded half away from zero; NULL when it is NULL, NaN, infinite or would not fit.
CREATE OR REPLACE FUNCTION evidently_schema.to_metric(p_value numeric) RETURNS numeric
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN p_value > -999.995 AND p_value < 999.995 THEN pg_catalog.round(p_value, 2) END;

-- Text as JSON; NULL when it is not JSON, or is nested more than 1000 levels deep: how much deeper the server can go depends on the stack its
-- callers leave it, and a trigger must say what a verification says. A block with an EXCEPTION clause cannot run in parallel mode.
CREATE OR REPLACE FUNCTION evidently_schema.to_json(p_value text) RETURNS jsonb
LANGUAGE plpgsql IMMUTABLE PARALLEL UNSAFE STRICT
AS $function$
DECLARE
    parsed jsonb;
BEGIN
    parsed := p_value::pg_catalog.jsonb; -- not in the declaration, whose errors nobody catches
    RETURN CASE WHEN pg_catalog.octet_length(p_value) <= 2002 OR NOT pg_catalog.jsonb_path_exists(parsed, 'strict $.**{1001}') THEN parsed END;
EXCEPTION
    WHEN OTHERS THEN
        RETURN NULL; -- the row is rejected as invalid
END
$function$;

-- The array a JSON string holds; NULL when it holds none.
CREATE OR REPLACE FUNCTION evidently_schema.unwrap(p_value jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL UNSAFE
RETURN CASE WHEN pg_catalog.jsonb_typeof(evidently_schema.to_json(p_value #>> '{}')) = 'array' THEN evidently_schema.to_json(p_value #>> '{}') END;

-- Sentences as a JSON array: NULL and JSON null are [], a JSON string that holds an array is that array, all else is NULL.
CREATE OR REPLACE FUNCTION evidently_schema.to_sentences(p_value jsonb) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL UNSAFE
RETURN CASE coalesce(pg_catalog.jsonb_typeof(p_value), 'null')
    WHEN 'array' THEN p_value
    WHEN 'null' THEN '[]'::jsonb
    WHEN 'string' THEN evidently_schema.unwrap(p_value)
END;

-- The same for json and text columns, whose content may not even be JSON; blank text is [].
CREATE OR REPLACE FUNCTION evidently_schema.to_sentences(p_value text) RETURNS jsonb
LANGUAGE sql IMMUTABLE PARALLEL UNSAFE
RETURN CASE
    WHEN p_value IS NULL OR pg_catalog.btrim(p_value) = '' THEN '[]'::jsonb
    WHEN evidently_schema.to_json(p_value) IS NOT NULL THEN evidently_schema.to_sentences(evidently_schema.to_json(p_value))
END;

-- Positions as integer[]: an array column is copied.
CREATE OR REPLACE FUNCTION evidently_schema.to_positions(p_value integer[]) RETURNS integer[]
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN p_value;

-- Positions from JSON: an array of whole numbers in integer's range, or null; NULL for SQL and JSON null, and for anything else.
CREATE OR REPLACE FUNCTION evidently_schema.to_positions(p_value jsonb) RETURNS integer[]
LANGUAGE plpgsql IMMUTABLE PARALLEL UNSAFE STRICT
AS $function$
BEGIN
    IF pg_catalog.jsonb_typeof(p_value) <> 'array' THEN
        RETURN NULL;
    END IF;
    IF EXISTS (SELECT FROM pg_catalog.jsonb_array_elements(p_value) AS e (v)
        WHERE pg_catalog.jsonb_typeof(e.v) NOT IN ('number', 'null')
            OR pg_catalog.jsonb_typeof(e.v) = 'number' AND (e.v::numeric <> pg_catalog.trunc(e.v::numeric)
                OR e.v::numeric NOT BETWEEN -2147483648 AND 2147483647))
    THEN
        RETURN NULL;
    END IF;
    RETURN ARRAY(SELECT CASE pg_catalog.jsonb_typeof(e.v) WHEN 'number' THEN e.v::numeric::integer END
        FROM pg_catalog.jsonb_array_elements(p_value) WITH ORDINALITY AS e (v, n) ORDER BY e.n);
END
$function$;

-- Whether positions are broken: a value is there, and none can be made of it.
CREATE OR REPLACE FUNCTION evidently_schema.positions_broken(p_value integer[]) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN false;

CREATE OR REPLACE FUNCTION evidently_schema.positions_broken(p_value jsonb) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL UNSAFE
RETURN p_value IS NOT NULL AND pg_catalog.jsonb_typeof(p_value) <> 'null' AND evidently_schema.to_positions(p_value) IS NULL;

-- A label as the star's CHECK wants it; NULL when blank or unknown. Collation C: a Turkish i stays an I. Most are right as they are.
CREATE OR REPLACE FUNCTION evidently_schema.to_label(p_value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE
    WHEN p_value = 'POSITIVE' COLLATE "C" OR p_value = 'NEGATIVE' COLLATE "C" OR p_value = 'NEUTRAL' COLLATE "C" THEN p_value
    WHEN pg_catalog.upper(pg_catalog.btrim(p_value) COLLATE "C") IN ('POSITIVE', 'NEGATIVE', 'NEUTRAL') THEN pg_catalog.upper(pg_catalog.btrim(p_value) COLLATE "C")
END;

SELECT evidently_schema.restrict_access('evidently_schema.computed_once', 'evidently_schema.to_metric', 'evidently_schema.to_json', 'evidently_schema.unwrap',
    'evidently_schema.to_sentences',
    'evidently_schema.to_positions', 'evidently_schema.positions_broken', 'evidently_schema.to_label');

$step$);
