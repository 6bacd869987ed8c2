-- CREATE INDEX CONCURRENTLY cannot stand in a condition. So: an invalid index left by a killed build is renamed, to be dropped in the
-- next statement; and where a fitting index exists, an empty view takes the name, over which IF NOT EXISTS then builds nothing.
DO $do$
DECLARE
    invalid boolean := (SELECT NOT i.indisvalid FROM pg_catalog.pg_index AS i
        WHERE i.indexrelid = to_regclass('public.idx_extracted_positions_evidently_schema'));
    fitting boolean := EXISTS (SELECT FROM pg_catalog.pg_index AS i
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
        WHERE i.indrelid = 'public.extracted_positions'::regclass AND a.attname = 'collector_result_id' AND i.indisvalid AND i.indpred IS NULL
            AND (SELECT m.amname FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_am AS m ON m.oid = c.relam WHERE c.oid = i.indexrelid) = 'btree');
BEGIN
    IF (SELECT c.relkind = 'v' FROM pg_catalog.pg_class AS c WHERE c.oid = to_regclass('public.idx_extracted_positions_evidently_schema')) THEN
        DROP VIEW public.idx_extracted_positions_evidently_schema;
    END IF;
    IF invalid THEN
        ALTER INDEX public.idx_extracted_positions_evidently_schema RENAME TO idx_extracted_positions_evidently_schema_invalid;
    END IF;
    IF fitting AND to_regclass('public.idx_extracted_positions_evidently_schema') IS NULL THEN
        CREATE VIEW public.idx_extracted_positions_evidently_schema AS SELECT WHERE false;
        REVOKE ALL ON public.idx_extracted_positions_evidently_schema FROM PUBLIC;
    END IF;
END
$do$;
