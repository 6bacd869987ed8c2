-- Takes the comments away again.
CALL evidently_schema.step(ARRAY[]::text[], $step$

SELECT evidently_schema.refuse_after(1);

COMMENT ON TABLE public.metric_facts IS NULL;
COMMENT ON TABLE public.brand_metrics IS NULL;
COMMENT ON TABLE public.competitor_metrics IS NULL;
COMMENT ON TABLE public.brand_sentiment IS NULL;
COMMENT ON TABLE public.competitor_sentiment IS NULL;
COMMENT ON MATERIALIZED VIEW public.mv_brand_daily_metrics IS NULL;

$step$);
