SELECT evidently_schema.save_positions($1, $2, $3);
