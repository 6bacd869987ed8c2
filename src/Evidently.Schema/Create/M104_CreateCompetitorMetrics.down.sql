-- Dropping the table drops its foreign keys, which locks their parents ACCESS EXCLUSIVE for milliseconds, all or none.
CALL evidently_schema.step(ARRAY['brand_competitors'], $step$

SELECT evidently_schema.refuse_after(1);

DROP TABLE IF EXISTS public.competitor_metrics;

$step$, 'ACCESS EXCLUSIVE');
