-- Empties the star and forgets the checkpoints. Legacy is untouched. With the foreign keys detached no parent is locked.
CALL evidently_schema.step(ARRAY['competitor_sentiment', 'competitor_metrics', 'brand_sentiment', 'brand_metrics', 'metric_facts'], $step$

SELECT evidently_schema.refuse_after(2);

SELECT evidently_schema.empty_star();

DELETE FROM evidently_schema.rejected_rows;
DELETE FROM evidently_schema.backfill_lanes;
DELETE FROM evidently_schema.backfill_runs;

$step$, 'ACCESS EXCLUSIVE');
