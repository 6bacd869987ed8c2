-- Of indexes that are built already. No statement of the application touches these tables yet.
CALL evidently_schema.step(ARRAY['competitor_sentiment', 'competitor_metrics', 'brand_sentiment', 'brand_metrics'], $step$

DO $keys$
DECLARE
    child text;
BEGIN
    FOREACH child IN ARRAY ARRAY['brand_metrics', 'competitor_metrics', 'brand_sentiment', 'competitor_sentiment'] LOOP
        IF NOT EXISTS (SELECT FROM pg_constraint AS k WHERE k.conrelid = to_regclass('public.' || child) AND k.contype = 'p')
            AND EXISTS (SELECT FROM pg_index AS i WHERE i.indexrelid = to_regclass('public.' || child || '_pkey') AND i.indrelid = to_regclass('public.' || child) AND i.indisunique AND i.indisvalid)
        THEN
            EXECUTE format('ALTER TABLE public.%I ADD CONSTRAINT %I PRIMARY KEY USING INDEX %2$I', child, child || '_pkey');
        END IF;
    END LOOP;
END
$keys$;

$step$, 'ACCESS EXCLUSIVE');
