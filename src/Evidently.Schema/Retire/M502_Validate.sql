-- Each in a transaction of its own; nobody waits. Where rows have lost their parent meanwhile, the foreign key stays NOT VALID: it holds for what is written
-- from now on, and what was kept as a backup is not deleted.
DO $do$
DECLARE
    loose record;
    orphans boolean;
BEGIN
    COMMIT;
    IF to_regclass('evidently_schema.detached_objects') IS NULL OR to_regclass('public.extracted_positions_archived') IS NULL THEN
        RETURN;
    END IF;
    FOR loose IN SELECT d.name FROM evidently_schema.detached_objects AS d WHERE d.kind = 'foreign key' AND d.definition NOT LIKE '% NOT VALID' ORDER BY d.name LOOP
        BEGIN
            EXECUTE pg_catalog.format('ALTER TABLE public.extracted_positions_archived VALIDATE CONSTRAINT %I', loose.name);
            orphans := false;
        EXCEPTION
            WHEN foreign_key_violation THEN
                orphans := true; -- reported below
        END;
        IF orphans THEN
            INSERT INTO evidently_schema.events (kind, subject, was, became, reason)
            VALUES ('foreign key', loose.name, 'valid', 'not valid', 'rows have lost their parent while extracted_positions was archived');
            RAISE WARNING '% stays NOT VALID: rows of extracted_positions have lost their parent while it was archived. Delete them, then VALIDATE it.', loose.name;
        END IF;
        DELETE FROM evidently_schema.detached_objects AS d WHERE d.kind = 'foreign key' AND d.name = loose.name;
        COMMIT;
    END LOOP;
    DELETE FROM evidently_schema.detached_objects AS d WHERE d.kind = 'foreign key';
END
$do$;
