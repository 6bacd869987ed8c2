-- NOT VALID: a short lock, no scan. M502_Validate.sql follows. 501's Down runs both, too, and again when it was interrupted after the table was back.
CALL evidently_schema.step(ARRAY['extracted_positions_archived', 'collector_results', 'generated_queries', 'brands', 'customers'], $step$

DO $attach$
DECLARE
    detached record;
BEGIN
    IF to_regclass('evidently_schema.detached_objects') IS NULL OR to_regclass('public.extracted_positions_archived') IS NULL THEN
        RETURN;
    END IF;
    FOR detached IN
        SELECT d.name, d.definition, d.afterwards FROM evidently_schema.detached_objects AS d
        WHERE d.kind = 'foreign key' AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS c
            WHERE c.conrelid = 'public.extracted_positions_archived'::regclass AND c.conname = d.name)
    LOOP
        BEGIN
            EXECUTE format('ALTER TABLE public.extracted_positions_archived ADD CONSTRAINT %I %s%s', detached.name, detached.definition,
                CASE WHEN detached.definition LIKE '% NOT VALID' THEN '' ELSE ' NOT VALID' END);
            EXECUTE detached.afterwards;
        EXCEPTION
            WHEN undefined_table OR undefined_column OR invalid_foreign_key THEN -- what it refers to was dropped meanwhile, which nothing hindered
                DELETE FROM evidently_schema.detached_objects AS d WHERE d.kind = 'foreign key' AND d.name = detached.name;
                INSERT INTO evidently_schema.events (kind, subject, was, became, reason) VALUES ('foreign key', detached.name, detached.definition, 'gone', SQLERRM);
                RAISE WARNING '% is not there any more: what it refers to was dropped while extracted_positions was archived (%).', detached.name, SQLERRM;
        END;
    END LOOP;
END
$attach$;

$step$);
