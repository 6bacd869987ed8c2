-- Takes the comments away again.
CALL evidently_schema.step(ARRAY[]::text[], $step$

SELECT evidently_schema.refuse_after(1);

DO $comments$
DECLARE
    commented record;
BEGIN
    FOR commented IN
        SELECT c.oid::regclass AS name, CASE c.relkind WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END AS kind
        FROM unnest(ARRAY['metric_facts', 'brand_metrics', 'competitor_metrics', 'brand_sentiment', 'competitor_sentiment', 'mv_brand_daily_metrics']) AS t (name)
        JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass('public.' || t.name)
    LOOP
        EXECUTE format('COMMENT ON %s %s IS NULL', commented.kind, commented.name);
    END LOOP;
END
$comments$;

$step$);
