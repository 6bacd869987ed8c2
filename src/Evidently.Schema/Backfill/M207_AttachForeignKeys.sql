-- NOT VALID: a short lock, no scan. The star's own tables first; from here on a deleted parent takes its facts along again.
CALL evidently_schema.step(ARRAY['competitor_sentiment', 'competitor_metrics', 'brand_sentiment', 'brand_metrics', 'metric_facts',
    'brand_competitors', 'collector_results', 'generated_queries', 'brands', 'customers'], $step$

SELECT evidently_schema.attach_foreign_keys(false);

$step$);
