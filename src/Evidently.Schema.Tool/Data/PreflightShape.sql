-- What kind of legacy database this is: where such databases differ, and what this one has.
WITH legacy (oid, table_name) AS (
    SELECT c.oid, c.relname FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relname IN ('extracted_positions', 'collector_results', 'generated_queries', 'brand_competitors', 'brands', 'customers')
),
columns AS (
    SELECT l.table_name, a.attname, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull
    FROM legacy AS l JOIN pg_catalog.pg_attribute AS a ON a.attrelid = l.oid AND a.attnum > 0 AND NOT a.attisdropped
)
SELECT s.what, coalesce(s.found, 'none')
FROM (
    SELECT 1 AS n, 'extracted_positions.id' AS what, (SELECT c.type FROM columns AS c WHERE c.table_name = 'extracted_positions' AND c.attname = 'id') AS found
    UNION ALL
    SELECT 2, 'brand_competitors.id', (SELECT c.type FROM columns AS c WHERE c.table_name = 'brand_competitors' AND c.attname = 'id')
    UNION ALL
    SELECT 3, 'positions', (SELECT pg_catalog.string_agg(DISTINCT c.type, ', ') FROM columns AS c WHERE c.table_name = 'extracted_positions' AND c.attname IN ('brand_positions', 'competitor_positions'))
    UNION ALL
    SELECT 4, 'metrics', (SELECT pg_catalog.string_agg(DISTINCT c.type, ', ') FROM columns AS c WHERE c.table_name = 'extracted_positions'
        AND c.attname IN ('visibility_index', 'visibility_index_competitor', 'share_of_answers_brand', 'share_of_answers_competitor'))
    UNION ALL
    SELECT 5, 'sentiment columns', (SELECT pg_catalog.string_agg(c.attname, ', ' ORDER BY c.attname) FROM columns AS c WHERE c.table_name = 'extracted_positions' AND c.attname LIKE 'sentiment%')
    UNION ALL
    SELECT 6, 'topic in', (SELECT pg_catalog.string_agg(c.table_name, ', ' ORDER BY c.table_name) FROM columns AS c WHERE c.attname = 'topic')
    UNION ALL
    SELECT 7, 'foreign keys of extracted_positions', (SELECT pg_catalog.string_agg(f.confrelid::regclass::text, ', ' ORDER BY f.confrelid::regclass::text) FROM pg_catalog.pg_constraint AS f
        WHERE f.contype = 'f' AND f.conrelid IN (SELECT l.oid FROM legacy AS l WHERE l.table_name = 'extracted_positions'))
    UNION ALL
    SELECT 8, 'columns of extracted_positions that may not be NULL', (SELECT pg_catalog.string_agg(c.attname, ', ' ORDER BY c.attname) FROM columns AS c
        WHERE c.table_name = 'extracted_positions' AND c.attnotnull)
    UNION ALL
    SELECT 9, 'row security on', (SELECT pg_catalog.string_agg(l.table_name, ', ' ORDER BY l.table_name) FROM legacy AS l JOIN pg_catalog.pg_class AS c ON c.oid = l.oid WHERE c.relrowsecurity)
    UNION ALL
    SELECT 10, 'triggers of the host', (SELECT pg_catalog.string_agg(pg_catalog.format('%s on %s', t.tgname, l.table_name), ', ' ORDER BY l.table_name, t.tgname)
        FROM legacy AS l JOIN pg_catalog.pg_trigger AS t ON t.tgrelid = l.oid WHERE NOT t.tgisinternal AND t.tgname NOT LIKE 'evidently\_schema\_%')
    UNION ALL
    SELECT 11, 'roles of Supabase', (SELECT pg_catalog.string_agg(r.rolname, ', ' ORDER BY r.rolname) FROM pg_catalog.pg_roles AS r WHERE r.rolname IN ('anon', 'authenticated', 'service_role'))
) AS s
ORDER BY s.n;
