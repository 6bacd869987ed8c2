-- Drains what is noted, verifies, and refuses with every open point (EV012), before anything is locked or changed.
DO $do$
DECLARE
    legacy char := (SELECT c.relkind FROM pg_catalog.pg_class AS c WHERE c.oid = to_regclass('public.extracted_positions'));
    noted bigint;
    problems text[];
    remedies text[];
BEGIN
    COMMIT;
    IF legacy = 'v' AND to_regclass('public.extracted_positions_archived') IS NOT NULL THEN
        RETURN; -- archived already
    ELSIF legacy IS DISTINCT FROM 'r' OR to_regclass('public.extracted_positions_archived') IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'EV007',
            MESSAGE = CASE WHEN legacy = 'v' THEN 'extracted_positions cannot be archived: the legacy table was dropped by cleanup.'
                ELSE 'extracted_positions cannot be archived: public.extracted_positions_archived exists beside it.' END,
            HINT = CASE WHEN legacy = 'v' THEN 'There is nothing left to archive. Nothing was changed.'
                ELSE 'Rename or drop what has that name, then migrate again. Nothing was changed.' END;
    END IF;
    CALL evidently_schema.drain(20);
    COMMIT;
    PERFORM public.refresh_mv_brand_daily_metrics();
    COMMIT;
    PERFORM evidently_schema.verify();
    COMMIT;
    SELECT pg_catalog.array_agg(o.problem), pg_catalog.array_agg(o.remedy) INTO problems, remedies FROM evidently_schema.archive_obstacles() AS o;
    PERFORM evidently_schema.refuse_for('extracted_positions cannot be archived', problems, remedies);
END
$do$;
