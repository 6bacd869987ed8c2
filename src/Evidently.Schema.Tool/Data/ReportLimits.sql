-- A try waits for a locked row no longer than a batch of the copy lasts, and so is not in anybody's way for longer.
SELECT pg_catalog.set_config('lock_timeout', '100ms', true), pg_catalog.set_config('statement_timeout', '5s', true);
