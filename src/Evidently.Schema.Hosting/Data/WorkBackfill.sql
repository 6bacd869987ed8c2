-- Copies lanes that no other session copies just now, for a second: a host that stops then stops after a batch, and loses nothing of it.
CALL evidently_schema.backfill(1);
