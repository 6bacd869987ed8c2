-- The collector results range_first to range_last of the fill in the setting legacy.fill. An answer is a slice of one megabyte of noise
-- in base64: quick to make, and it does not compress.
WITH fill AS MATERIALIZED (
    SELECT *
    FROM jsonb_to_record(current_setting('legacy.fill')::jsonb)
        AS f (seed bigint, customers integer, brands integer, queries_per_brand integer, answer_length integer,
            first_result_id bigint, results bigint, range_first bigint, range_last bigint, "from" timestamptz, days integer)
),
noise AS MATERIALIZED (
    SELECT string_agg(sha512((seed || ':' || n)::bytea), ''::bytea ORDER BY n) AS bytes
    FROM fill, generate_series(1, 16384) AS n
)
INSERT INTO public.collector_results (id, query_id, brand_id, customer_id, collector_type, raw_answer, created_at)
SELECT
    n,
    pg_temp.legacy_uuid('query', seed, n % brands + brands * pg_temp.legacy_pick(n, seed, 101, queries_per_brand)),
    pg_temp.legacy_uuid('brand', seed, n % brands),
    pg_temp.legacy_uuid('customer', seed, n % brands % customers),
    (ARRAY['chatgpt', 'perplexity', 'gemini', 'claude'])[1 + pg_temp.legacy_pick(n, seed, 102, 4)],
    CASE
        -- Longer than the noise: repeated, which is long enough not to matter.
        WHEN answer_length > 1000000 THEN left(repeat(encode(bytes, 'base64'), 1 + answer_length / 1000000), answer_length)
        ELSE left(
            replace(
                encode(substr(bytes, 1 + pg_temp.legacy_pick(n, seed, 103, 1048576 - answer_length * 3 / 4)::integer, answer_length * 3 / 4 + 1), 'base64'),
                '/', ' '),
            answer_length)
    END,
    "from" + make_interval(secs => days * 86400.0 * (n - first_result_id) / results)
FROM fill, noise, generate_series(range_first, range_last) AS n
ORDER BY n;

SELECT setval(pg_get_serial_sequence('public.collector_results', 'id'), max(id)) FROM public.collector_results;
