-- Raises EV006, with counts and examples, unless star = projection.
CALL evidently_schema.finish_backfill();
