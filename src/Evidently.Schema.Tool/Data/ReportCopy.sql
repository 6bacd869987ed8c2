-- In a transaction that is rolled back: rows of the newest results once more, in a table with legacy's columns and indexes and without our
-- triggers: what a write cost before them, beside what it costs now.
DO $do$
DECLARE
    columns constant text := (SELECT pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = 'public.extracted_positions'::regclass AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '');
BEGIN
    CREATE TABLE evidently_schema.report_rows (LIKE public.extracted_positions INCLUDING ALL);
    EXECUTE pg_catalog.format('INSERT INTO evidently_schema.report_rows (%1$s) OVERRIDING SYSTEM VALUE
        SELECT %1$s FROM public.extracted_positions AS ep
        WHERE ep.collector_result_id IN (SELECT f.collector_result_id FROM public.metric_facts AS f ORDER BY f.collector_result_id DESC LIMIT 10)', columns);
    ANALYZE evidently_schema.report_rows;
END
$do$;
