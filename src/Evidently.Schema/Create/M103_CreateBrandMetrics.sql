-- The plan's step 1.1.2.
CALL evidently_schema.step(ARRAY[]::text[], $step$

CREATE TABLE IF NOT EXISTS public.brand_metrics (
    id BIGSERIAL PRIMARY KEY,
    metric_fact_id BIGINT NOT NULL CONSTRAINT idx_brand_metrics_fact UNIQUE
        CONSTRAINT brand_metrics_metric_fact_id_fkey REFERENCES public.metric_facts (id) ON DELETE CASCADE,
    visibility_index NUMERIC(5,2),
    share_of_answers NUMERIC(5,2),
    has_brand_presence BOOLEAN NOT NULL DEFAULT false,
    brand_first_position INTEGER,
    brand_positions INTEGER[],
    total_brand_mentions INTEGER NOT NULL DEFAULT 0,
    total_word_count INTEGER NOT NULL DEFAULT 0
);

CREATE INDEX IF NOT EXISTS idx_brand_metrics_visibility ON public.brand_metrics (visibility_index) WHERE visibility_index IS NOT NULL;

ALTER TABLE public.brand_metrics ENABLE ROW LEVEL SECURITY;

SELECT evidently_schema.restrict_access('public.brand_metrics');

$step$);
