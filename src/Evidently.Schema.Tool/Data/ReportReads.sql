-- A brand that has most answers of late, and the days it has: what the reads are tried with.
SELECT f.brand_id, (pg_catalog.max(f.processed_at) - INTERVAL '30 days')::timestamptz, pg_catalog.max(f.processed_at)
FROM public.metric_facts AS f
GROUP BY f.brand_id
ORDER BY pg_catalog.count(*) DESC
LIMIT 1;
