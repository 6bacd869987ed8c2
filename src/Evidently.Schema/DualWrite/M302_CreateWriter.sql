-- The plan's savePositions, one call a result. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

-- Replaces the legacy rows of a result: the brand row, then the competitors' rows, each an object whose keys are columns of
-- extracted_positions; columns that no row names take their defaults, those that only some rows name are NULL in the others.
-- collector_result_id, and competitor_name of the brand row, are set here. Returns how many rows were written. One statement: readers see the
-- old rows or the new ones, the star is projected once, and the fact keeps its id. Of two calls for one result that overlap both may leave
-- their rows, as two DELETEs and INSERTs do: the star takes the newest of each. Runs with the caller's rights; takes ROW EXCLUSIVE on
-- extracted_positions. The column list is made of the keys, so that a column the host adds or drops needs nothing here.
CREATE OR REPLACE FUNCTION evidently_schema.save_positions(p_collector_result_id bigint, p_brand jsonb, p_competitors jsonb DEFAULT '[]'::jsonb)
RETURNS integer
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    rows constant jsonb := (SELECT jsonb_agg(r.item || jsonb_build_object('collector_result_id', p_collector_result_id) ORDER BY r.n)
        FROM (SELECT p_brand || '{"competitor_name": null}' AS item, 0::bigint AS n
            WHERE jsonb_typeof(p_brand) = 'object'
            UNION ALL
            SELECT c.item, c.n FROM jsonb_array_elements(CASE WHEN jsonb_typeof(p_competitors) = 'array' THEN p_competitors ELSE '[]' END)
                WITH ORDINALITY AS c (item, n) WHERE jsonb_typeof(c.item) = 'object') AS r);
    columns text;
    written integer;
BEGIN
    IF p_collector_result_id IS NULL OR jsonb_typeof(p_brand) IS DISTINCT FROM 'object' OR jsonb_typeof(p_competitors) IS DISTINCT FROM 'array'
        OR jsonb_array_length(rows) <> jsonb_array_length(p_competitors) + 1
    THEN
        RAISE EXCEPTION USING ERRCODE = 'EV010', MESSAGE = 'save_positions needs a result id, a brand row and an array of competitor rows.',
            HINT = 'SELECT evidently_schema.save_positions(1, ''{"brand_id": "…"}'', ''[{"competitor_name": "…"}]'');';
    ELSIF EXISTS (SELECT FROM jsonb_array_elements(p_competitors) AS c (item) WHERE coalesce(btrim(c.item ->> 'competitor_name'), '') = '') THEN
        RAISE EXCEPTION USING ERRCODE = 'EV010',
            MESSAGE = format('A competitor row of result %s has no competitor_name: it would be a second brand row.', p_collector_result_id),
            HINT = 'Give each competitor row its competitor_name.';
    END IF;
    columns := (SELECT string_agg(DISTINCT quote_ident(k.name), ', ') FROM jsonb_array_elements(rows) AS r (item)
        CROSS JOIN LATERAL jsonb_object_keys(r.item) AS k (name));
    EXECUTE format($insert$
        WITH gone AS (DELETE FROM public.extracted_positions AS ep WHERE ep.collector_result_id = $1 RETURNING 1)
        INSERT INTO public.extracted_positions (%1$s)
        SELECT %1$s
        FROM (SELECT count(*) AS n FROM gone) AS first -- read before the first row is inserted
        CROSS JOIN LATERAL (SELECT e.* FROM ROWS FROM (jsonb_array_elements($2)) WITH ORDINALITY AS r (item, n)
            CROSS JOIN LATERAL jsonb_populate_record(NULL::public.extracted_positions, r.item) AS e
            WHERE first.n >= 0 ORDER BY r.n) AS e
        $insert$, columns) USING p_collector_result_id, rows;
    GET DIAGNOSTICS written = ROW_COUNT;
    RETURN written;
END
$function$;

SELECT evidently_schema.restrict_access('evidently_schema.save_positions');

$step$);
