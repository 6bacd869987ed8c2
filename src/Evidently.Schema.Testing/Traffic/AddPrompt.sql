INSERT INTO generated_queries (brand_id, customer_id, query_text, topic) VALUES ($1, $2, '?', $3) RETURNING id;
