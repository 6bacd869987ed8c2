-- Customers, brands, queries and competitors of the fill in the setting legacy.fill; those that are there already stay.
WITH fill AS (
    SELECT * FROM jsonb_to_record(current_setting('legacy.fill')::jsonb) AS f (seed bigint, customers integer, "from" timestamptz)
)
INSERT INTO public.customers (id, name, created_at)
SELECT pg_temp.legacy_uuid('customer', seed, n), 'Customer ' || n, "from"
FROM fill, generate_series(0, customers - 1) AS n
ORDER BY n
ON CONFLICT DO NOTHING;

WITH fill AS (
    SELECT * FROM jsonb_to_record(current_setting('legacy.fill')::jsonb) AS f (seed bigint, customers integer, brands integer, "from" timestamptz)
)
INSERT INTO public.brands (id, customer_id, name, created_at)
SELECT pg_temp.legacy_uuid('brand', seed, n), pg_temp.legacy_uuid('customer', seed, n % customers), 'Brand ' || n, "from"
FROM fill, generate_series(0, brands - 1) AS n
ORDER BY n
ON CONFLICT DO NOTHING;

-- Query n belongs to brand n % brands; every fifth has no topic.
WITH fill AS (
    SELECT *
    FROM jsonb_to_record(current_setting('legacy.fill')::jsonb)
        AS f (seed bigint, customers integer, brands integer, queries_per_brand integer, "from" timestamptz)
)
INSERT INTO public.generated_queries (id, brand_id, customer_id, query_text, topic, created_at)
SELECT
    pg_temp.legacy_uuid('query', seed, n),
    pg_temp.legacy_uuid('brand', seed, n % brands),
    pg_temp.legacy_uuid('customer', seed, n % brands % customers),
    'Which is best, number ' || n || '?',
    CASE WHEN n % 5 < 4 THEN 'Topic ' || n % 7 END,
    "from"
FROM fill, generate_series(0, brands * queries_per_brand - 1) AS n
ORDER BY n
ON CONFLICT DO NOTHING;
