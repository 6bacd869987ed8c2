-- Only what is archived can be dropped.
DO $do$
BEGIN
    IF to_regclass('public.extracted_positions_archived') IS NULL
        AND (SELECT c.relkind = 'v' FROM pg_catalog.pg_class AS c WHERE c.oid = to_regclass('public.extracted_positions')) IS NOT TRUE
        OR to_regclass('evidently_schema.archive_state') IS NULL
    THEN
        RAISE EXCEPTION USING ERRCODE = 'EV007', MESSAGE = 'The legacy table cannot be dropped: it is not archived. Nothing was changed.',
            HINT = 'Migrate with the tag archive first, and wait until nobody uses the view.';
    END IF;
END
$do$;
