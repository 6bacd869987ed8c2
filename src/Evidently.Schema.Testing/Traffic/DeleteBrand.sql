DELETE FROM brands WHERE id = $1;
