SELECT evidently_schema.repair();
