SELECT c.column_name, c.fate FROM evidently_schema.legacy_columns AS c;
