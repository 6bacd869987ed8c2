UPDATE evidently_schema.read_routes SET star_percent = $1;
