-- What the pages are made with. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

DO $refuse$
DECLARE
    taken text := (SELECT string_agg(p.oid::regprocedure::text, ', ' ORDER BY p.proname) FROM pg_catalog.pg_proc AS p
        WHERE p.pronamespace = 'public'::regnamespace AND p.proname IN (SELECT f.name FROM evidently_schema.read_functions AS f)
            AND coalesce(pg_catalog.obj_description(p.oid, 'pg_proc'), '') NOT LIKE '%evidently_schema.read_routes%');
BEGIN
    IF taken IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'EV001', MESSAGE = pg_catalog.format('There are functions of these names already: %s. They are not replaced.', taken),
            HINT = 'Rename them, and what calls them, then run the migration again. Nothing was changed.';
    END IF;
END
$refuse$;

-- projected_rows over some of the legacy rows (l), for pages that need no others: its text, narrowed, so that the mapping is written once. A row's
-- values and reason depend on its result's brand rows and on the rows of the same competitor, and on no others.
CREATE OR REPLACE FUNCTION evidently_schema.projected_rows_of(p_condition text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    mapping constant text := rtrim(pg_get_viewdef('evidently_schema.projected_rows'::regclass), '; ');
    narrowed constant text := replace(mapping, 'FROM evidently_schema.legacy_rows l', 'FROM evidently_schema.legacy_rows l WHERE ' || p_condition);
BEGIN
    IF length(narrowed) <> length(mapping || ' WHERE ' || p_condition) THEN -- no ASSERT, which a setting turns off: a page would count competitors' rows
        RAISE EXCEPTION USING ERRCODE = 'EV007', MESSAGE = 'evidently_schema.projected_rows is not the view that migration 203 made.',
            HINT = 'Roll back to 202 and migrate again. Nothing was changed.';
    END IF;
    RETURN narrowed;
END
$function$;

DO $brand_rows$
BEGIN
    EXECUTE 'CREATE OR REPLACE VIEW evidently_schema.projected_brand_rows WITH (security_invoker = true) AS ' || evidently_schema.projected_rows_of('l.is_brand');
END
$brand_rows$;

-- Where a UTC day begins, and where it has ended, also beyond what a timestamp holds: no date makes them raise.
CREATE OR REPLACE FUNCTION evidently_schema.day_start(p_day date) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN p_day > '294276-12-31' THEN 'infinity' ELSE p_day::timestamp AT TIME ZONE 'UTC' END;

CREATE OR REPLACE FUNCTION evidently_schema.day_end(p_day date) RETURNS timestamptz
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN p_day >= '294276-12-31' THEN 'infinity' WHEN p_day = '-infinity' THEN '4714-11-24 00:00:00+00 BC' ELSE (p_day + 1)::timestamp AT TIME ZONE 'UTC' END;

-- The results but for those that only the INSERT into the star could refuse: no projection knows of them. With its owner's rights, since who reads
-- a page need not read rejected_rows.
CREATE OR REPLACE FUNCTION evidently_schema.without_refused(p_ids bigint[]) RETURNS bigint[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    IF NOT EXISTS (SELECT FROM evidently_schema.rejected_rows AS x WHERE x.detail LIKE 'SQLSTATE %') THEN
        RETURN p_ids;
    END IF;
    RETURN ARRAY(SELECT u.id FROM unnest(p_ids) AS u (id)
        WHERE NOT EXISTS (SELECT FROM evidently_schema.rejected_rows AS x WHERE x.collector_result_id = u.id AND x.detail LIKE 'SQLSTATE %'));
END
$function$;

-- A result as a page reads it, and the competitors of one.
CREATE OR REPLACE VIEW evidently_schema.star_results WITH (security_invoker = true) AS
SELECT f.id AS metric_fact_id, f.collector_result_id, f.brand_id, f.customer_id, f.query_id, f.collector_type, f.topic, f.processed_at, f.created_at,
    bm.visibility_index, bm.share_of_answers, bm.has_brand_presence, bm.total_brand_mentions AS mentions, bs.sentiment_label, bs.sentiment_score
FROM public.metric_facts AS f
LEFT JOIN public.brand_metrics AS bm ON bm.metric_fact_id = f.id
LEFT JOIN public.brand_sentiment AS bs ON bs.metric_fact_id = f.id;

CREATE OR REPLACE VIEW evidently_schema.star_competitors WITH (security_invoker = true) AS
SELECT cm.metric_fact_id, cm.competitor_id, cm.visibility_index, cm.share_of_answers, cm.competitor_mentions AS mentions, cs.sentiment_score
FROM public.competitor_metrics AS cm
LEFT JOIN public.competitor_sentiment AS cs ON cs.metric_fact_id = cm.metric_fact_id AND cs.competitor_id = cm.competitor_id;

-- The results of a brand that has brand rows processed (or created) from p_from to before p_to, and of these collectors, queries or results: at least
-- those whose newest brand row is such a row. Planned for the values of each call: which of legacy's indexes is best depends on them, and a generic
-- plan was seen to read every brand's rows of the range. The competitor_name < 'A' that the blank names are among lets an index find them. What
-- pages ask for is in memory: at the default cost of a page the whole index on processed_at was read to spare some.
DO $candidates$
DECLARE
    made record;
BEGIN
    FOR made IN
        SELECT * FROM (VALUES
            ('processed', ARRAY['ep.processed_at >= p_from AND ep.processed_at < p_to',
                'ep.processed_at IS NULL AND ep.created_at >= p_from AND ep.created_at < p_to']),
            ('created', ARRAY['coalesce(ep.created_at, ep.processed_at) >= p_from AND coalesce(ep.created_at, ep.processed_at) < p_to'])) AS v (name, ranges)
    LOOP
        EXECUTE format($create$
            CREATE OR REPLACE FUNCTION evidently_schema.legacy_%1$s(p_brand_id uuid, p_from timestamptz, p_to timestamptz, p_collector_types text[] DEFAULT NULL,
                p_query_ids uuid[] DEFAULT NULL, p_collector_result_ids bigint[] DEFAULT NULL) RETURNS bigint[]
            LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_custom_plan SET jit = off SET random_page_cost = 1.1
            AS $body$
            BEGIN
                RETURN ARRAY(%2$s);
            END
            $body$
            $create$, made.name, (
            SELECT string_agg(format($select$SELECT ep.collector_result_id FROM public.extracted_positions AS ep
                WHERE ep.brand_id = p_brand_id AND %s
                    AND (ep.competitor_name IS NULL OR ep.competitor_name < 'A') AND (ep.competitor_name IS NULL OR ep.competitor_name::bpchar = '')
                    AND (p_collector_types IS NULL OR ep.collector_type::text = ANY (p_collector_types))
                    AND (p_query_ids IS NULL AND p_collector_result_ids IS NULL OR ep.query_id = ANY (p_query_ids) OR ep.collector_result_id = ANY (p_collector_result_ids))$select$,
                r.range), ' UNION ALL ')
            FROM unnest(made.ranges) AS r (range)));
    END LOOP;
END
$candidates$;

-- Makes legacy_<name> and star_<name> of one query, p_page. It reads results, a row a result, or answers, which has the competitors' rows too, each with its result's columns. These come
-- from the star, or are projected from the rows of the results that p_candidates names (an expression, bigint[]): at least those that p_filter keeps. With {results}, a table, in it, it
-- names the star's too. p_rows: which legacy rows (l) beside brand rows the page needs. Plans are generic, and so made once a session; the planner, who cannot know how many
-- candidates there are, must not guess that one is left before it joins them, hence OFFSET 0, nor that rows, one a result, ask for the same result again.
-- No page pays for columns it does not ask for: what is projected stands in its FROM, since a WITH that is volatile (computed_once) computes and keeps all of them. Where the page joins
-- something to it, it is one nevertheless: the one row expected of it was met by scanning the other table for each. A page of competitors' rows alone (p_rows) does not keep the
-- brand's; brand_score leaves competitors' sentiment out, which the star would look up row by row.
-- p_spanned: looking a fact's rows up takes as long as reading five in a row. So where the facts asked for are a fourth or more of all between the first and the last of them, the star reads
-- what lies between, in the order of the facts. Not where a policy would be asked about each row.
CREATE OR REPLACE FUNCTION evidently_schema.create_read(p_name text, p_parameters text, p_columns text, p_candidates text, p_filter text, p_page text, p_rows text DEFAULT 'true',
    p_spanned boolean DEFAULT false)
RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    of_row constant text := 'r.visibility_index, r.share_of_answers, r.has_brand_presence, r.mentions, r.sentiment_label, r.sentiment_score';
    of_result constant text := 'r.collector_result_id, r.brand_id, r.customer_id, r.query_id, r.collector_type, r.topic, r.processed_at, r.created_at';
    with_competitors constant boolean := p_page LIKE '%FROM answers AS a%';
    named constant boolean := p_candidates LIKE '%{results}%';
    version text;
    candidates text;
    source text;
    spanned constant text := CASE WHEN p_spanned THEN format($spanned$
                SELECT min(r.id), max(r.id), max(r.id) - min(r.id) < 4 * count(*) AND NOT row_security_active('public.brand_metrics') AND NOT row_security_active('public.brand_sentiment')
                INTO first_fact, last_fact, spanned FROM public.metric_facts AS r WHERE %1$s;
                IF spanned THEN
                    PERFORM set_config('enable_nestloop', 'off', true), set_config('enable_hashjoin', 'off', true);
                    RETURN QUERY
                    WITH results AS (SELECT r.* FROM (%2$s) AS r WHERE %1$s) %3$s;
                    RETURN;
                END IF;$spanned$, p_filter,
        regexp_replace(rtrim(pg_get_viewdef('evidently_schema.star_results'::regclass), '; '), '(\w+)\.metric_fact_id = f\.id', '\& AND \1.metric_fact_id BETWEEN first_fact AND last_fact', 'g'),
        p_page) ELSE '' END;
BEGIN
    FOREACH version IN ARRAY ARRAY['legacy', 'star'] LOOP
        candidates := CASE
            WHEN version = 'legacy' THEN format('candidates constant bigint[] := evidently_schema.without_refused(%s);', replace(replace(p_candidates,
                '{results}', 'public.extracted_positions'), '{brand}', $$(ep.competitor_name IS NULL OR ep.competitor_name::bpchar = '')$$))
            WHEN named THEN format('candidates constant bigint[] := %s;', replace(replace(p_candidates, '{results}', 'public.metric_facts'), '{brand}', 'true'))
            ELSE '' END;
        source := CASE
            WHEN version = 'star' THEN format('results AS %s(SELECT r.* FROM evidently_schema.star_results AS r WHERE %s)',
                CASE WHEN p_rows = 'true' THEN '' ELSE 'NOT MATERIALIZED ' END, CASE WHEN named THEN 'r.collector_result_id = ANY (candidates) AND ' ELSE '' END || p_filter)
                || CASE WHEN with_competitors THEN format($star$,
                answers AS (SELECT true AS is_brand, NULL AS competitor_id, r.sentiment_score AS brand_score, %1$s, %2$s FROM results AS r
                    UNION ALL SELECT false, c.competitor_id, NULL, %1$s, c.visibility_index, c.share_of_answers, NULL, c.mentions, NULL, c.sentiment_score
                    FROM results AS r JOIN evidently_schema.star_competitors AS c ON c.metric_fact_id = r.metric_fact_id)$star$, of_result, of_row) ELSE '' END
            WHEN NOT with_competitors THEN format('(SELECT r.* FROM (SELECT r.projected, %1$s, %2$s FROM evidently_schema.projected_brand_rows AS r
                WHERE r.collector_result_id = ANY (candidates) OFFSET 0) AS r WHERE r.projected AND %3$s)', of_result, of_row, p_filter)
            ELSE format($legacy$(SELECT r.* FROM (SELECT r.is_brand, r.competitor_id, CASE WHEN r.is_brand THEN r.sentiment_score END AS brand_score, r.collector_result_id, r.brand_id, r.customer_id, r.query_id,
                        first_value(r.collector_type) OVER result AS collector_type, first_value(r.topic) OVER result AS topic,
                        first_value(r.processed_at) OVER result AS processed_at, first_value(r.created_at) OVER result AS created_at, %1$s
                    FROM (SELECT r.projected, r.is_brand, r.competitor_id, %2$s, %1$s FROM %4$s AS r WHERE r.collector_result_id = ANY (candidates) OFFSET 0) AS r
                    WHERE r.projected
                    WINDOW result AS (PARTITION BY r.collector_result_id ORDER BY r.is_brand DESC)) AS r
                WHERE %3$s)$legacy$, of_row, of_result, p_filter,
                CASE WHEN p_rows = 'true' THEN 'evidently_schema.projected_rows' ELSE format('(%s)', evidently_schema.projected_rows_of('l.is_brand OR ' || p_rows)) END)
        END;
        EXECUTE format($create$
            CREATE OR REPLACE FUNCTION evidently_schema.%I(%s) RETURNS TABLE (%s)
            LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp SET plan_cache_mode = force_generic_plan SET jit = off SET enable_memoize = %s
            AS $body$
            #variable_conflict use_column
            DECLARE
                %s
            BEGIN%s
                RETURN QUERY
                %s;
            END
            $body$
            $create$, version || '_' || p_name, p_parameters, p_columns, CASE WHEN with_competitors THEN 'on' ELSE 'off' END
                || CASE WHEN p_spanned AND version = 'star' THEN ' SET enable_nestloop = on SET enable_hashjoin = on' ELSE '' END,
            CASE WHEN p_spanned AND version = 'star' THEN 'first_fact bigint; last_fact bigint; spanned boolean;' ELSE candidates END, CASE WHEN version = 'star' THEN spanned ELSE '' END, CASE
            WHEN version = 'star' THEN format('WITH %s %s', source, p_page)
            WHEN p_page LIKE '%JOIN%' THEN format('WITH answers AS %s %s', source, p_page)
            ELSE replace(replace(p_page, 'FROM results AS r', format('FROM %s AS r', source)), 'FROM answers AS a', format('FROM %s AS a', source)) END);
        PERFORM evidently_schema.restrict_access(format('evidently_schema.%s_%s', version, p_name));
    END LOOP;
END
$function$;

-- Makes public.<name>, with the parameters and columns of star_<name>: it asks which version answers, notes the call where its service is
-- in shadow, and says which in the setting evidently_schema.answered_by, until the transaction ends.
CREATE OR REPLACE FUNCTION evidently_schema.route_read(p_name text, p_comment text) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    star constant regprocedure := ('evidently_schema.star_' || p_name)::regproc::regprocedure;
    parameters constant text[] := (SELECT p.proargnames[1:p.pronargs] FROM pg_proc AS p WHERE p.oid = star);
    called_with constant text := array_to_string(parameters, ', ');
BEGIN
    EXECUTE format($create$
        CREATE OR REPLACE FUNCTION public.%1$I(%2$s) RETURNS %3$s
        LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
        AS $body$
        #variable_conflict use_column
        BEGIN
            IF evidently_schema.reads_star(%4$L, %5$s, current_user) THEN
                PERFORM set_config('evidently_schema.answered_by', 'star', true);
                RETURN QUERY SELECT * FROM evidently_schema.%6$I(%7$s);
            ELSE
                PERFORM set_config('evidently_schema.answered_by', 'legacy', true);
                RETURN QUERY SELECT * FROM evidently_schema.%8$I(%7$s);
            END IF;
            PERFORM evidently_schema.note_call(%4$L, %9$L, jsonb_build_object(%10$s));
        END
        $body$
        $create$, p_name, pg_get_function_arguments(star), pg_get_function_result(star),
        (SELECT f.service FROM evidently_schema.read_functions AS f WHERE f.name = p_name),
        CASE WHEN 'p_brand_id' = ANY (parameters) THEN 'p_brand_id, NULL' ELSE 'NULL, p_collector_result_ids' END,
        'star_' || p_name, called_with, 'legacy_' || p_name, p_name,
        (SELECT string_agg(format('%L, %s', a.name, a.name), ', ') FROM unnest(parameters) AS a (name)));
    EXECUTE format('COMMENT ON FUNCTION public.%I(%s) IS %L', p_name, pg_get_function_identity_arguments(star), p_comment || ' Legacy or star: evidently_schema.read_routes.');
    PERFORM evidently_schema.restrict_access('public.' || p_name);
END
$function$;

SELECT evidently_schema.restrict_access('evidently_schema.projected_brand_rows', 'evidently_schema.projected_rows_of', 'evidently_schema.legacy_processed', 'evidently_schema.legacy_created',
    'evidently_schema.without_refused', 'evidently_schema.day_start', 'evidently_schema.day_end', 'evidently_schema.star_results', 'evidently_schema.star_competitors', 'evidently_schema.create_read', 'evidently_schema.route_read');

$step$);
