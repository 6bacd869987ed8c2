UPDATE brand_competitors SET competitor_name = $3 WHERE brand_id = $1 AND competitor_name = $2;
