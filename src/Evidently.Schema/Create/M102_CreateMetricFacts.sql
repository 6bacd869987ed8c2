-- The plan's step 1.1.1. The UNIQUE constraint bears the name of the plan's index on the same column; the two foreign keys without
-- ON DELETE in the plan cascade, so that a delete that works today goes on working; foreign-key columns are indexed.
CALL evidently_schema.step(ARRAY['brands', 'customers', 'generated_queries', 'collector_results'], $step$

CREATE TABLE IF NOT EXISTS public.metric_facts (
    id BIGSERIAL PRIMARY KEY,
    collector_result_id BIGINT NOT NULL CONSTRAINT idx_metric_facts_collector_result UNIQUE
        CONSTRAINT metric_facts_collector_result_id_fkey REFERENCES public.collector_results (id) ON DELETE CASCADE ON UPDATE CASCADE,
    brand_id UUID NOT NULL CONSTRAINT metric_facts_brand_id_fkey REFERENCES public.brands (id) ON DELETE CASCADE ON UPDATE CASCADE,
    customer_id UUID NOT NULL CONSTRAINT metric_facts_customer_id_fkey REFERENCES public.customers (id) ON DELETE CASCADE ON UPDATE CASCADE,
    query_id UUID NOT NULL CONSTRAINT metric_facts_query_id_fkey REFERENCES public.generated_queries (id) ON DELETE CASCADE ON UPDATE CASCADE,
    collector_type TEXT NOT NULL,
    topic TEXT,
    processed_at TIMESTAMPTZ NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT NOW()
);

CREATE INDEX IF NOT EXISTS idx_metric_facts_brand_processed ON public.metric_facts (brand_id, processed_at DESC);
CREATE INDEX IF NOT EXISTS idx_metric_facts_brand_collector ON public.metric_facts (brand_id, collector_type, processed_at DESC);
CREATE INDEX IF NOT EXISTS idx_metric_facts_topic ON public.metric_facts (topic) WHERE topic IS NOT NULL;
CREATE INDEX IF NOT EXISTS idx_metric_facts_query ON public.metric_facts (query_id);
CREATE INDEX IF NOT EXISTS idx_metric_facts_customer ON public.metric_facts (customer_id);

ALTER TABLE public.metric_facts ENABLE ROW LEVEL SECURITY;

SELECT evidently_schema.restrict_access('public.metric_facts');

$step$);
