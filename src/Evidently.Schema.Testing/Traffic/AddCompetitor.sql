INSERT INTO brand_competitors (brand_id, competitor_name) VALUES ($1, $2);
