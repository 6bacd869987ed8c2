-- Waits for transactions that use the table, never makes them wait.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_metric_facts_brand_created ON public.metric_facts (brand_id, created_at DESC);
