-- The indexes that neither a key of the table nor the projection needs, as they are made again. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

CREATE OR REPLACE VIEW evidently_schema.spare_indexes WITH (security_invoker = true) AS
SELECT c.relname AS name, pg_get_indexdef(i.indexrelid) AS definition, i.indisvalid AS valid,
    nullif(concat_ws('; ',
        'COMMENT ON INDEX public.' || quote_ident(c.relname) || ' IS ' || quote_literal(obj_description(c.oid, 'pg_class')),
        CASE WHEN i.indisclustered THEN format('ALTER TABLE public.extracted_positions_archived CLUSTER ON %I', c.relname) END,
        (SELECT string_agg(format('ALTER INDEX public.%I ALTER COLUMN %s SET STATISTICS %s', c.relname, a.attnum, a.attstattarget), '; ')
            FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = c.oid AND a.attstattarget >= 0)), '') AS afterwards
FROM pg_catalog.pg_index AS i
JOIN pg_catalog.pg_class AS c ON c.oid = i.indexrelid
WHERE i.indrelid = to_regclass('public.extracted_positions_archived') AND NOT i.indisunique AND NOT i.indisexclusion AND NOT i.indisreplident
    AND NOT EXISTS (SELECT FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = i.indrelid AND a.attnum = i.indkey[0] AND a.attname = 'collector_result_id' AND i.indpred IS NULL AND i.indisvalid);

INSERT INTO evidently_schema.detached_objects (kind, name, definition, afterwards)
SELECT 'index', s.name, s.definition, s.afterwards FROM evidently_schema.spare_indexes AS s WHERE s.valid
ON CONFLICT (kind, name) DO UPDATE SET definition = excluded.definition, afterwards = excluded.afterwards;

SELECT evidently_schema.restrict_access('evidently_schema.spare_indexes');

$step$);
