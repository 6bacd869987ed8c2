-- What was noted in capture; what is noted while it runs, and what is held by an open transaction after a minute, is drained under traffic.
CALL evidently_schema.drain(60);
