SELECT evidently_schema.project_fresh($1);
