-- The ground the migration stands on, checked before anything is changed. All that is missing is named at once.
DO $do$
DECLARE
    star constant text[] := ARRAY['metric_facts', 'brand_metrics', 'competitor_metrics', 'brand_sentiment', 'competitor_sentiment',
        'mv_brand_daily_metrics'];
    metric constant text := 'numeric, double precision, real';
    problems text[];
BEGIN
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true); -- a host's array_agg (text) would fit better than the server's

    IF current_setting('server_version_num')::integer < 150000 THEN
        RAISE EXCEPTION USING ERRCODE = 'EV001',
            MESSAGE = pg_catalog.format('PostgreSQL %s is too old: 15 or newer is needed.', current_setting('server_version')),
            HINT = 'Upgrade the server, then migrate again. Nothing was changed.';
    END IF;

    IF pg_catalog.pg_is_in_recovery() THEN
        RAISE EXCEPTION USING ERRCODE = 'EV001', MESSAGE = 'This server is a read-only standby.',
            HINT = 'Connect to the primary. Nothing was changed.';
    END IF;

    SELECT array_agg(CASE
            WHEN t.oid IS NULL THEN pg_catalog.format('table public.%s is missing', w.tab)
            WHEN t.relkind NOT IN ('r', 'p') THEN pg_catalog.format('public.%s is not a table', w.tab)
            WHEN a.attnum IS NULL THEN pg_catalog.format('column public.%s.%s is missing', w.tab, w.col)
            ELSE pg_catalog.format('column public.%s.%s is %s, expected %s', w.tab, w.col, format_type(a.atttypid, NULL), w.types)
        END ORDER BY w.n)
    INTO problems
    FROM (SELECT v.*, row_number() OVER () AS n FROM (VALUES
        ('customers', 'id', 'uuid'),
        ('brands', 'id', 'uuid'),
        ('brands', 'customer_id', 'uuid'),
        ('generated_queries', 'id', 'uuid'),
        ('collector_results', 'id', 'bigint'),
        ('brand_competitors', 'id', 'integer, bigint, uuid'),
        ('brand_competitors', 'brand_id', 'uuid'),
        ('brand_competitors', 'competitor_name', 'text, character varying'),
        ('extracted_positions', 'id', 'integer, bigint, uuid'),
        ('extracted_positions', 'collector_result_id', 'bigint'),
        ('extracted_positions', 'brand_id', 'uuid'),
        ('extracted_positions', 'customer_id', 'uuid'),
        ('extracted_positions', 'query_id', 'uuid'),
        ('extracted_positions', 'collector_type', 'text, character varying'),
        ('extracted_positions', 'competitor_name', 'text, character varying'),
        ('extracted_positions', 'processed_at', 'timestamp with time zone'),
        ('extracted_positions', 'created_at', 'timestamp with time zone'),
        ('extracted_positions', 'visibility_index', metric),
        ('extracted_positions', 'visibility_index_competitor', metric),
        ('extracted_positions', 'share_of_answers_brand', metric),
        ('extracted_positions', 'share_of_answers_competitor', metric),
        ('extracted_positions', 'has_brand_presence', 'boolean'),
        ('extracted_positions', 'brand_first_position', 'smallint, integer'),
        ('extracted_positions', 'brand_positions', 'integer[], jsonb'),
        ('extracted_positions', 'competitor_positions', 'integer[], jsonb'),
        ('extracted_positions', 'total_brand_mentions', 'smallint, integer'),
        ('extracted_positions', 'competitor_mentions', 'smallint, integer'),
        ('extracted_positions', 'total_word_count', 'smallint, integer')
    ) AS v (tab, col, types)) AS w
    LEFT JOIN pg_catalog.pg_class AS t ON t.oid = to_regclass('public.' || w.tab)
    LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = t.oid AND a.attname = w.col AND a.attnum > 0 AND NOT a.attisdropped
    WHERE a.attnum IS NULL
        OR t.relkind NOT IN ('r', 'p')
        OR format_type(a.atttypid, NULL) <> ALL (string_to_array(w.types, ', '));

    IF problems IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'EV001',
            MESSAGE = pg_catalog.format('The legacy database is not the one this migration knows: %s.', problems[1]),
            DETAIL = (SELECT string_agg(p.problem, '; ' ORDER BY p.n) FROM (SELECT u.problem, min(u.n) AS n FROM unnest(problems) WITH ORDINALITY AS u (problem, n) GROUP BY u.problem) AS p), -- a missing table once, not for each column
            HINT = 'Connect to the database that holds extracted_positions, or bring the columns to the expected types. Nothing was changed.';
    END IF;

    -- What is optional is converted, never refused, by the projection: only these have no conversion that cannot fail.
    SELECT array_agg(problem ORDER BY problem)
    INTO problems
    FROM (
        SELECT pg_catalog.format('column public.extracted_positions.%s is %s, expected %s', a.attname, format_type(a.atttypid, NULL), metric) AS problem
        FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = to_regclass('public.extracted_positions') AND a.attname IN ('sentiment_score', 'sentiment_score_competitor')
            AND NOT a.attisdropped AND format_type(a.atttypid, NULL) <> ALL (string_to_array(metric || ', smallint, integer, bigint', ', '))
        UNION ALL
        SELECT 'public.extracted_positions.id may be NULL' FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = to_regclass('public.extracted_positions') AND a.attname = 'id' AND NOT a.attnotnull
        UNION ALL -- names are matched exactly
        SELECT pg_catalog.format('the collation of public.%s.competitor_name takes different names for the same', t.name)
        FROM (VALUES ('brand_competitors'), ('extracted_positions')) AS t (name)
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = to_regclass('public.' || t.name) AND a.attname = 'competitor_name' AND NOT a.attisdropped
        JOIN pg_catalog.pg_collation AS c ON c.oid = a.attcollation
        WHERE NOT c.collisdeterministic
        UNION ALL -- statement triggers see nothing of what is written to a child or a partition by its own name
        SELECT pg_catalog.format('public.extracted_positions has the child table or partition %s', i.inhrelid::regclass) FROM pg_catalog.pg_inherits AS i
        WHERE i.inhparent = to_regclass('public.extracted_positions')
    ) AS p;

    IF problems IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'EV001',
            MESSAGE = pg_catalog.format('The legacy database is not the one this migration knows: %s.', problems[1]),
            DETAIL = array_to_string(problems, '; '), HINT = 'Bring it to the expected shape, then migrate again. Nothing was changed.';
    END IF;

    -- A foreign key needs the unique key it refers to; the projection needs one competitor per (brand, name).
    SELECT array_agg(pg_catalog.format('public.%s has no unique key on (%s)', u.tab, array_to_string(u.cols, ', ')))
    INTO problems
    FROM (VALUES
        ('customers', ARRAY['id']), ('brands', ARRAY['id']), ('generated_queries', ARRAY['id']), ('collector_results', ARRAY['id']),
        ('brand_competitors', ARRAY['id']), ('brand_competitors', ARRAY['brand_id', 'competitor_name']), ('extracted_positions', ARRAY['id'])
    ) AS u (tab, cols)
    WHERE NOT EXISTS (
        SELECT FROM pg_catalog.pg_index AS i
        WHERE i.indrelid = to_regclass('public.' || u.tab) AND i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indexprs IS NULL
            AND i.indnkeyatts = cardinality(u.cols)
            AND (SELECT array_agg(a.attname::text ORDER BY a.attname) FROM pg_catalog.pg_attribute AS a
                WHERE a.attrelid = i.indrelid AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])) = u.cols);

    IF problems IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'EV001', MESSAGE = pg_catalog.format('A unique key is missing: %s.', problems[1]),
            DETAIL = array_to_string(problems, '; '), HINT = 'Add the unique key, then migrate again. Nothing was changed.';
    END IF;

    SELECT array_agg(p.problem)
    INTO problems
    FROM (
        SELECT pg_catalog.format('public.%s belongs to %s', t.name, pg_catalog.pg_get_userbyid(c.relowner)) AS problem
        FROM unnest(ARRAY['customers', 'brands', 'generated_queries', 'collector_results', 'brand_competitors', 'extracted_positions'])
            AS t (name)
        JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass('public.' || t.name)
        WHERE NOT pg_catalog.pg_has_role(c.relowner, 'USAGE')
        UNION ALL
        SELECT pg_catalog.format('row security hides rows of public.%s from %s', t.name, current_user)
        FROM unnest(ARRAY['customers', 'brands', 'generated_queries', 'collector_results', 'brand_competitors', 'extracted_positions'])
            AS t (name)
        WHERE pg_catalog.row_security_active('public.' || t.name)
        UNION ALL
        SELECT 'no right to CREATE in schema public' WHERE NOT pg_catalog.has_schema_privilege('public', 'CREATE')
        UNION ALL
        SELECT 'no right to CREATE in schema evidently_schema' WHERE NOT pg_catalog.has_schema_privilege('evidently_schema', 'CREATE')
    ) AS p;

    IF problems IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'EV002', MESSAGE = pg_catalog.format('Role %s has not the rights it needs: %s.', current_user, problems[1]),
            DETAIL = array_to_string(problems, '; '),
            HINT = 'Connect as the owner of the tables (superuser is not needed). Nothing was changed.';
    END IF;

    SELECT array_agg(s.name) INTO problems FROM unnest(star) AS s (name) WHERE to_regclass('public.' || s.name) IS NOT NULL;

    IF problems IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'EV007',
            MESSAGE = pg_catalog.format('public.%s exists already and is not of this migration.', problems[1]),
            DETAIL = array_to_string(problems, ', '), HINT = 'Rename or drop what has these names, then migrate again. Nothing was changed.';
    END IF;
END
$do$;
