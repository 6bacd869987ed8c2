SELECT EXISTS (SELECT FROM evidently_schema.touched_days);
