-- As before the copy's end: detached, so that the star can be emptied without a lock on its parents. ACCESS EXCLUSIVE for milliseconds.
CALL evidently_schema.step(ARRAY['competitor_sentiment', 'competitor_metrics', 'brand_sentiment', 'brand_metrics', 'metric_facts',
    'brand_competitors', 'collector_results', 'generated_queries', 'brands', 'customers'], $step$

SELECT evidently_schema.refuse_after(2);

DO $detach$
DECLARE
    attached record;
BEGIN
    FOR attached IN SELECT k.relation, k.name FROM evidently_schema.star_foreign_keys AS k WHERE k.attached LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', attached.relation, attached.name);
    END LOOP;
END
$detach$;

$step$, 'ACCESS EXCLUSIVE');
