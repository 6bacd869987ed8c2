-- Each in a transaction of its own; killed in the middle, it goes on with the next.
CALL evidently_schema.build_indexes();
