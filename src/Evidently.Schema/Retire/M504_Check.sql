-- Drains, verifies, and refuses with every open point (EV012), before anything is locked or changed.
DO $do$
DECLARE
    problems text[];
    remedies text[];
BEGIN
    COMMIT;
    IF to_regclass('public.extracted_positions_archived') IS NULL THEN
        RETURN; -- done by a run that was killed then
    END IF;
    INSERT INTO evidently_schema.usage_samples (archived, reads, writes) SELECT u.archived, u.reads, u.writes FROM evidently_schema.usage_now() AS u;
    COMMIT;
    CALL evidently_schema.drain(20);
    COMMIT;
    PERFORM public.refresh_mv_brand_daily_metrics();
    COMMIT;
    PERFORM evidently_schema.verify();
    COMMIT;
    SELECT pg_catalog.array_agg(o.problem), pg_catalog.array_agg(o.remedy) INTO problems, remedies FROM evidently_schema.cleanup_obstacles() AS o;
    PERFORM evidently_schema.refuse_for('The legacy table cannot be dropped', problems, remedies);
END
$do$;
