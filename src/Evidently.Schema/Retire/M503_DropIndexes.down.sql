-- What is left of them: in a generated script, all; then writers through the view wait while they are built. Their comments follow.
CALL evidently_schema.step(ARRAY['extracted_positions_archived'], $step$

DO $build$
DECLARE
    missing record;
BEGIN
    FOR missing IN SELECT d.name, d.definition, d.afterwards FROM evidently_schema.detached_objects AS d
        WHERE d.kind = 'index' AND to_regclass('public.extracted_positions_archived') IS NOT NULL
    LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_index AS i WHERE i.indexrelid = to_regclass('public.' || quote_ident(missing.name)) AND i.indrelid = 'public.extracted_positions_archived'::regclass) THEN
            EXECUTE missing.definition;
        END IF;
        IF missing.afterwards IS NOT NULL THEN
            EXECUTE missing.afterwards;
        END IF;
        DELETE FROM evidently_schema.detached_objects AS d WHERE d.kind = 'index' AND d.name = missing.name;
    END LOOP;
END
$build$;

DROP VIEW IF EXISTS evidently_schema.spare_indexes;

$step$);
