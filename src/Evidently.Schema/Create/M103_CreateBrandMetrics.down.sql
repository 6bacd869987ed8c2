-- Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

SELECT evidently_schema.refuse_after(1);

DROP TABLE IF EXISTS public.brand_metrics;

$step$, 'ACCESS EXCLUSIVE');
