-- The plan's savePositions, one call a result. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

-- What save_positions runs: the statement, and the rows as it takes them. Raises EV010 for what is no result.
CREATE OR REPLACE FUNCTION evidently_schema.position_rows(p_collector_result_id bigint, p_brand jsonb, p_competitors jsonb, OUT statement text, OUT items jsonb)
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    items := (SELECT jsonb_agg(r.item || jsonb_build_object('collector_result_id', p_collector_result_id) ORDER BY r.n)
        FROM (SELECT p_brand || '{"competitor_name": null}' AS item, 0::bigint AS n
            WHERE jsonb_typeof(p_brand) = 'object'
            UNION ALL
            SELECT c.item, c.n FROM jsonb_array_elements(CASE WHEN jsonb_typeof(p_competitors) = 'array' THEN p_competitors ELSE '[]' END)
                WITH ORDINALITY AS c (item, n) WHERE jsonb_typeof(c.item) = 'object') AS r);
    IF p_collector_result_id IS NULL OR jsonb_typeof(p_brand) IS DISTINCT FROM 'object' OR jsonb_typeof(p_competitors) IS DISTINCT FROM 'array'
        OR jsonb_array_length(items) <> jsonb_array_length(p_competitors) + 1
    THEN
        RAISE EXCEPTION USING ERRCODE = 'EV010', MESSAGE = 'save_positions needs a result id, a brand row and an array of competitor rows.',
            HINT = 'SELECT evidently_schema.save_positions(1, ''{"brand_id": "…"}'', ''[{"competitor_name": "…"}]'');';
    ELSIF EXISTS (SELECT FROM jsonb_array_elements(p_competitors) AS c (item) WHERE coalesce(btrim(c.item ->> 'competitor_name'), '') = '') THEN
        RAISE EXCEPTION USING ERRCODE = 'EV010',
            MESSAGE = format('A competitor row of result %s has no competitor_name: it would be a second brand row.', p_collector_result_id),
            HINT = 'Give each competitor row its competitor_name.';
    END IF;
    statement := format($insert$
        WITH gone AS (DELETE FROM public.extracted_positions AS ep WHERE ep.collector_result_id OPERATOR(pg_catalog.=) $1 RETURNING 1)
        INSERT INTO public.extracted_positions (%1$s)
        SELECT %1$s
        FROM (SELECT pg_catalog.count(*) AS n FROM gone) AS first -- read before the first row is inserted
        CROSS JOIN LATERAL (SELECT e.* FROM ROWS FROM (pg_catalog.jsonb_array_elements($2)) WITH ORDINALITY AS r (item, n)
            CROSS JOIN LATERAL pg_catalog.jsonb_populate_record(NULL::public.extracted_positions, r.item) AS e
            WHERE first.n IS NOT NULL ORDER BY r.n) AS e
        $insert$, (SELECT string_agg(DISTINCT quote_ident(k.name), ', ') FROM jsonb_array_elements(items) AS r (item)
            CROSS JOIN LATERAL jsonb_object_keys(r.item) AS k (name)));
END
$function$;

-- Replaces the legacy rows of a result: the brand row, then the competitors' rows, each an object whose keys are columns of
-- extracted_positions; columns that no row names take their defaults, those that only some rows name are NULL in the others.
-- collector_result_id, and competitor_name of the brand row, are set here. Returns how many rows were written. One statement: readers see the
-- old rows or the new ones, the star is projected once, and the fact keeps its id. Of two calls for one result that overlap both may leave
-- their rows, as two DELETEs and INSERTs do: the star takes the newest of each. Runs with the caller's rights; takes ROW EXCLUSIVE on
-- extracted_positions. The column list is made of the keys, so that a column the host adds or drops needs nothing here.
CREATE OR REPLACE FUNCTION evidently_schema.save_positions(p_collector_result_id bigint, p_brand jsonb, p_competitors jsonb DEFAULT '[]'::jsonb)
RETURNS integer
LANGUAGE plpgsql -- without SET search_path: a host's own triggers and policies on legacy run inside, with the path they know
AS $function$
DECLARE
    made record;
    written integer;
BEGIN
    SELECT p.* INTO made FROM evidently_schema.position_rows(p_collector_result_id, p_brand, p_competitors) AS p;
    EXECUTE made.statement USING p_collector_result_id, made.items;
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END
$function$;

SELECT evidently_schema.restrict_access('evidently_schema.position_rows', 'evidently_schema.save_positions');

$step$);
