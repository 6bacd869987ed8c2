-- Empties the star and forgets the checkpoints. Legacy is untouched. With the foreign keys detached no parent is locked.
CALL evidently_schema.step(ARRAY['competitor_sentiment', 'competitor_metrics', 'brand_sentiment', 'brand_metrics', 'metric_facts'], $step$

SELECT evidently_schema.refuse_after(2);

DO $empty$
DECLARE
    star text := (SELECT string_agg(t.relation, ', ') FROM (SELECT DISTINCT k.relation FROM evidently_schema.star_foreign_keys AS k) AS t
        WHERE to_regclass(t.relation) IS NOT NULL);
BEGIN
    PERFORM set_config('evidently_schema.projecting', 'on', true);
    IF star IS NOT NULL THEN
        EXECUTE 'TRUNCATE ' || star || ' RESTART IDENTITY';
    END IF;
    INSERT INTO evidently_schema.touched_days (brand_id, metric_date) VALUES (NULL, NULL); -- stays when another session is just refreshing
    IF to_regclass('public.mv_brand_daily_metrics') IS NOT NULL THEN -- goes with a table dropped by hand
        PERFORM public.refresh_mv_brand_daily_metrics();
    END IF;
END
$empty$;

DELETE FROM evidently_schema.rejected_rows;
DELETE FROM evidently_schema.backfill_lanes;
DELETE FROM evidently_schema.backfill_runs;

$step$, 'ACCESS EXCLUSIVE');
