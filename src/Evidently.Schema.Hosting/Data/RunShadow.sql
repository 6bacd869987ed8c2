SELECT evidently_schema.run_shadow($1);
