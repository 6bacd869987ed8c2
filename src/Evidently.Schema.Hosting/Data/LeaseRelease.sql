DELETE FROM evidently_schema.leases AS l
WHERE l.name = $1 AND l.holder = $2;
