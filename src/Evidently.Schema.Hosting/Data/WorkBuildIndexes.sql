-- One index after the other, none that another session builds; killed in the middle, the migration itself builds what is left.
CALL evidently_schema.build_indexes();
