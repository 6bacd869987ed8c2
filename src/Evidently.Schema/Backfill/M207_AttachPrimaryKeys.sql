-- Of indexes that are built already. No statement of the application touches these tables yet.
CALL evidently_schema.step(ARRAY['competitor_sentiment', 'competitor_metrics', 'brand_sentiment', 'brand_metrics'], $step$

SELECT evidently_schema.attach_primary_keys();

$step$, 'ACCESS EXCLUSIVE');
