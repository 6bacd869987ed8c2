-- Empties the star and forgets the checkpoints. Legacy is untouched. With the foreign keys detached no parent is locked.
CALL evidently_schema.step(ARRAY['competitor_sentiment', 'competitor_metrics', 'brand_sentiment', 'brand_metrics', 'metric_facts'], $step$

SELECT evidently_schema.refuse_after(2);
SELECT set_config('evidently_schema.projecting', 'on', true);
TRUNCATE public.competitor_sentiment, public.brand_sentiment, public.competitor_metrics, public.brand_metrics, public.metric_facts RESTART IDENTITY;
INSERT INTO evidently_schema.touched_days (brand_id, metric_date) VALUES (NULL, NULL);
DELETE FROM evidently_schema.rejected_rows;
DELETE FROM evidently_schema.backfill_lanes;
DELETE FROM evidently_schema.backfill_runs;
SELECT public.refresh_mv_brand_daily_metrics();

$step$, 'ACCESS EXCLUSIVE');
