-- The statement that brings the next of them back, or clears away what a killed build left of it; no row when there is none.
SELECT CASE WHEN i.indexrelid IS NULL THEN regexp_replace(d.definition, '^CREATE INDEX', 'CREATE INDEX CONCURRENTLY') ELSE pg_catalog.format('DROP INDEX CONCURRENTLY public.%I', d.name) END
FROM evidently_schema.detached_objects AS d
LEFT JOIN pg_catalog.pg_index AS i ON i.indexrelid = to_regclass('public.' || quote_ident(d.name)) AND i.indrelid = to_regclass('public.extracted_positions_archived')
WHERE d.kind = 'index' AND i.indisvalid IS NOT TRUE AND to_regclass('public.extracted_positions_archived') IS NOT NULL
ORDER BY d.name LIMIT 1;
