-- SHARE UPDATE EXCLUSIVE on a star table, ROW SHARE on its parent: nobody waits.
CALL evidently_schema.validate_foreign_keys();
