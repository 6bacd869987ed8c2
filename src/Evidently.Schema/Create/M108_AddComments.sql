-- The plan's step 1.3.
CALL evidently_schema.step(ARRAY[]::text[], $step$

COMMENT ON TABLE public.metric_facts IS 'Core fact table linking collector results to metrics';
COMMENT ON TABLE public.brand_metrics IS 'Brand-specific visibility and position metrics';
COMMENT ON TABLE public.competitor_metrics IS 'Competitor-specific visibility and position metrics';
COMMENT ON TABLE public.brand_sentiment IS 'Brand sentiment analysis results';
COMMENT ON TABLE public.competitor_sentiment IS 'Competitor sentiment analysis results';
COMMENT ON MATERIALIZED VIEW public.mv_brand_daily_metrics IS 'Pre-aggregated daily metrics for fast dashboard queries';

$step$);
