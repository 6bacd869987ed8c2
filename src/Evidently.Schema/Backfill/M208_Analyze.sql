-- The planner should know the star it has just been given.
ANALYZE public.metric_facts, public.brand_metrics, public.competitor_metrics, public.brand_sentiment, public.competitor_sentiment;
