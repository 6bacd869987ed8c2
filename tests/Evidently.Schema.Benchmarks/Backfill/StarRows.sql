SELECT
    (SELECT count(*) FROM public.metric_facts) AS metric_facts,
    (SELECT count(*) FROM public.brand_metrics) AS brand_metrics,
    (SELECT count(*) FROM public.competitor_metrics) AS competitor_metrics,
    (SELECT count(*) FROM public.brand_sentiment) AS brand_sentiment,
    (SELECT count(*) FROM public.competitor_sentiment) AS competitor_sentiment;
