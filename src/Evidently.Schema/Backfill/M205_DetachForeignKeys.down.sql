-- The star is empty again: its foreign keys and indexes are attached as phase 1 made them. A copy that was interrupted goes first, if the version table has lost
-- it: validating it would take as long as these locks are held. Done already where 204's functions are gone.
CALL evidently_schema.step(ARRAY['competitor_sentiment', 'competitor_metrics', 'brand_sentiment', 'brand_metrics', 'metric_facts',
    'brand_competitors', 'collector_results', 'generated_queries', 'brands', 'customers'], $step$

SELECT evidently_schema.refuse_after(2);

DO $attach$
BEGIN
    IF to_regprocedure('evidently_schema.empty_star()') IS NULL THEN
        RETURN;
    END IF;
    IF EXISTS (SELECT FROM evidently_schema.star_foreign_keys AS k WHERE NOT k.attached) THEN
        PERFORM evidently_schema.empty_star();
    END IF;
    PERFORM evidently_schema.attach_foreign_keys(true);
    PERFORM FROM evidently_schema.detached_indexes AS d FOR UPDATE; -- none is left to a session that is still building it
    WHILE evidently_schema.build_index() LOOP
        NULL;
    END LOOP;
END
$attach$;

$step$);
