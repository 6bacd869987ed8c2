-- The plan's step 1.1.4.
CALL evidently_schema.step(ARRAY[]::text[], $step$

CREATE TABLE IF NOT EXISTS public.brand_sentiment (
    id BIGSERIAL PRIMARY KEY,
    metric_fact_id BIGINT NOT NULL CONSTRAINT idx_brand_sentiment_fact UNIQUE
        CONSTRAINT brand_sentiment_metric_fact_id_fkey REFERENCES public.metric_facts (id) ON DELETE CASCADE,
    sentiment_label TEXT CHECK (sentiment_label IN ('POSITIVE', 'NEGATIVE', 'NEUTRAL')),
    sentiment_score NUMERIC(5,2),
    positive_sentences JSONB DEFAULT '[]'::jsonb,
    negative_sentences JSONB DEFAULT '[]'::jsonb
);

CREATE INDEX IF NOT EXISTS idx_brand_sentiment_label ON public.brand_sentiment (sentiment_label) WHERE sentiment_label IS NOT NULL;

ALTER TABLE public.brand_sentiment ENABLE ROW LEVEL SECURITY;

SELECT evidently_schema.restrict_access('public.brand_sentiment');

$step$);
