-- An invalid index left by a killed build is renamed, to be dropped in the next statement: IF NOT EXISTS would take it for built.
DO $do$
BEGIN
    IF (SELECT NOT i.indisvalid FROM pg_catalog.pg_index AS i WHERE i.indexrelid = to_regclass('public.idx_metric_facts_brand_created')) THEN
        ALTER INDEX public.idx_metric_facts_brand_created RENAME TO idx_metric_facts_brand_created_invalid;
    END IF;
END
$do$;
