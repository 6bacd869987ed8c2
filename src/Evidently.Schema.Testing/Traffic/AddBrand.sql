INSERT INTO brands (customer_id, name) VALUES ($1, 'traffic') RETURNING id;
