-- Locks no table of the application. The triggers go with their functions.
CALL evidently_schema.step(ARRAY[]::text[], $step$

SELECT evidently_schema.refuse_after(1);

DROP FUNCTION IF EXISTS public.refresh_mv_brand_daily_metrics();
DROP FUNCTION IF EXISTS evidently_schema.touch_days() CASCADE;
DROP TABLE IF EXISTS evidently_schema.touched_days;
DROP MATERIALIZED VIEW IF EXISTS public.mv_brand_daily_metrics;
DROP VIEW IF EXISTS evidently_schema.daily_metrics;

$step$);
