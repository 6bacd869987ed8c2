-- Each batch commits; killed at any moment, it goes on after the last one.
CALL evidently_schema.backfill();
