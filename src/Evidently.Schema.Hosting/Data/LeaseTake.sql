-- Takes the lease $1 for $2, or renews it, for $3 seconds of the server's clock. No row: somebody else has it.
INSERT INTO evidently_schema.leases AS l (name, holder, until)
VALUES ($1, $2, pg_catalog.clock_timestamp() + pg_catalog.make_interval(secs => $3))
ON CONFLICT (name) DO UPDATE SET
    holder = excluded.holder,
    until = excluded.until,
    taken_at = CASE WHEN l.holder = excluded.holder THEN l.taken_at ELSE pg_catalog.clock_timestamp() END
WHERE l.holder = excluded.holder OR l.until < pg_catalog.clock_timestamp()
RETURNING true;
