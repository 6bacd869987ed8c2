-- A renamed table still cascades: deleting a brand would empty what is kept as a backup. Dropping a foreign key locks its parent ACCESS EXCLUSIVE: all
-- together, milliseconds.
CALL evidently_schema.step(ARRAY['extracted_positions_archived', 'collector_results', 'generated_queries', 'brands', 'customers'], $step$

DO $detach$
DECLARE
    attached record;
BEGIN
    FOR attached IN
        SELECT c.conname, pg_get_constraintdef(c.oid) AS definition, obj_description(c.oid, 'pg_constraint') AS comment
        FROM pg_catalog.pg_constraint AS c WHERE c.conrelid = 'public.extracted_positions_archived'::regclass AND c.contype = 'f'
    LOOP
        INSERT INTO evidently_schema.detached_objects (kind, name, definition, afterwards)
        VALUES ('foreign key', attached.conname, attached.definition,
            format('COMMENT ON CONSTRAINT %I ON public.extracted_positions_archived IS %L', attached.conname, attached.comment))
        ON CONFLICT (kind, name) DO UPDATE SET definition = excluded.definition, afterwards = excluded.afterwards; -- made again by hand
        EXECUTE format('ALTER TABLE public.extracted_positions_archived DROP CONSTRAINT %I', attached.conname);
    END LOOP;
END
$detach$;

$step$, 'ACCESS EXCLUSIVE');
