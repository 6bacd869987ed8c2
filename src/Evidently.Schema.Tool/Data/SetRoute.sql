UPDATE evidently_schema.read_routes AS r
SET star_percent = COALESCE($2, r.star_percent), shadow = COALESCE($3, r.shadow), reason = $4
WHERE r.service = $1;
