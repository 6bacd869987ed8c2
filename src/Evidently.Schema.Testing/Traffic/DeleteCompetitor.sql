DELETE FROM brand_competitors WHERE brand_id = $1 AND competitor_name = $2;
