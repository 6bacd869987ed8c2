-- Competitors of the fill in the setting legacy.fill: a uuid id is given, a number comes from the column's own sequence.
DO $competitors$
DECLARE
    with_uuid CONSTANT boolean := EXISTS (
        SELECT FROM pg_catalog.pg_attribute
        WHERE attrelid = 'public.brand_competitors'::regclass AND attname = 'id' AND atttypid = 'uuid'::regtype);
BEGIN
    CREATE TEMP TABLE legacy_competitors AS
    SELECT b * 1000 + c AS n, pg_temp.legacy_uuid('brand', seed, b) AS brand_id, 'Competitor ' || c AS competitor_name, "from" AS created_at,
        pg_temp.legacy_uuid('competitor', seed, b * 1000 + c) AS id
    FROM jsonb_to_record(current_setting('legacy.fill')::jsonb)
            AS fill (seed bigint, brands integer, competitors_per_brand integer, "from" timestamptz),
        generate_series(0, brands - 1) AS b,
        generate_series(1, competitors_per_brand) AS c;
    IF with_uuid THEN
        INSERT INTO public.brand_competitors (id, brand_id, competitor_name, created_at)
        SELECT id, brand_id, competitor_name, created_at FROM legacy_competitors ORDER BY n
        ON CONFLICT DO NOTHING;
    ELSE
        INSERT INTO public.brand_competitors (brand_id, competitor_name, created_at)
        SELECT brand_id, competitor_name, created_at FROM legacy_competitors AS wanted
        WHERE NOT EXISTS (
            SELECT FROM public.brand_competitors AS there
            WHERE there.brand_id = wanted.brand_id AND there.competitor_name = wanted.competitor_name)
        ORDER BY n;
    END IF;
    DROP TABLE legacy_competitors;
END;
$competitors$;
