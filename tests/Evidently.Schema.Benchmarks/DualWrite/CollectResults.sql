INSERT INTO collector_results (id, brand_id, customer_id, query_id, collector_type, raw_answer, created_at)
SELECT $1 + cr.id, cr.brand_id, cr.customer_id, cr.query_id, cr.collector_type, cr.raw_answer, cr.created_at
FROM collector_results AS cr
WHERE cr.id <= $2;
