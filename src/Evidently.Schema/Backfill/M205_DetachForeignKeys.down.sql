-- The star is empty again: its foreign keys and indexes are attached as phase 1 made them.
CALL evidently_schema.step(ARRAY['competitor_sentiment', 'competitor_metrics', 'brand_sentiment', 'brand_metrics', 'metric_facts',
    'brand_competitors', 'collector_results', 'generated_queries', 'brands', 'customers'], $step$

SELECT evidently_schema.refuse_after(2);
SELECT evidently_schema.attach_foreign_keys(true);

DO $indexes$
BEGIN
    PERFORM FROM evidently_schema.detached_indexes AS d FOR UPDATE; -- none is left to a session that is still building it
    WHILE evidently_schema.build_index() LOOP
        NULL;
    END LOOP;
END
$indexes$;

$step$);
