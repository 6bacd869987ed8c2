INSERT INTO collector_results (brand_id, customer_id, query_id, collector_type, raw_answer)
VALUES ($1, $2, $3, $4, 'an answer')
RETURNING id;
