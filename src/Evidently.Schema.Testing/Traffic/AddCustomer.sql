INSERT INTO customers (name) VALUES ('traffic') RETURNING id;
