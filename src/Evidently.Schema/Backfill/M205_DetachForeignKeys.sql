-- The indexes that no projector needs go too, until the copy is done. Dropping a foreign key locks its parent ACCESS EXCLUSIVE: all parents together, all or none. Done only before history is copied.
CALL evidently_schema.step(ARRAY['competitor_sentiment', 'competitor_metrics', 'brand_sentiment', 'brand_metrics', 'metric_facts',
    'brand_competitors', 'collector_results', 'generated_queries', 'brands', 'customers'], $step$

DO $detach$
DECLARE
    attached record;
BEGIN
    IF EXISTS (SELECT FROM evidently_schema.backfill_runs AS r WHERE r.copied_at IS NOT NULL) THEN
        RETURN;
    END IF;
    FOR attached IN SELECT k.relation, k.name FROM evidently_schema.star_foreign_keys AS k WHERE k.attached LOOP
        EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', attached.relation, attached.name);
    END LOOP;
    PERFORM evidently_schema.detach_indexes();
END
$detach$;

$step$, 'ACCESS EXCLUSIVE');
