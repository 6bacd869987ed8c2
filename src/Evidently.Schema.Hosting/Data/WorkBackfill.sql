-- Copies lanes that no other session copies just now; returns when all of history is copied.
CALL evidently_schema.backfill();
