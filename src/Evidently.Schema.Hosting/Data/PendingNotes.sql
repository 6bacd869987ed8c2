SELECT pg_catalog.count(*)
FROM evidently_schema.change_notes;
