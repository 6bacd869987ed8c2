-- Nobody waits.
DROP INDEX CONCURRENTLY IF EXISTS public.idx_metric_facts_brand_created;
