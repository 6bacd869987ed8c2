-- What a killed build left: it costs every write and serves no read.
DROP INDEX CONCURRENTLY IF EXISTS public.idx_metric_facts_brand_created_invalid;
