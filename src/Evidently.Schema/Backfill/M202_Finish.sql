-- Takes the placeholder away, if there is one.
DO $do$
BEGIN
    IF (SELECT c.relkind = 'v' FROM pg_catalog.pg_class AS c WHERE c.oid = to_regclass('public.idx_extracted_positions_evidently_schema')) THEN
        DROP VIEW public.idx_extracted_positions_evidently_schema;
    END IF;
END
$do$;
