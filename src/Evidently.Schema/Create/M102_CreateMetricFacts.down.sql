-- Dropping the table drops its foreign keys, which locks their parents ACCESS EXCLUSIVE for milliseconds, all or none.
CALL evidently_schema.step(ARRAY['brands', 'customers', 'generated_queries', 'collector_results'], $step$

SELECT evidently_schema.refuse_after(1);

DROP TABLE IF EXISTS public.metric_facts;

$step$, 'ACCESS EXCLUSIVE');
