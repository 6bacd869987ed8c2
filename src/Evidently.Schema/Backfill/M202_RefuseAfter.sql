-- Dropping an index CONCURRENTLY cannot stand in a condition: what a later phase made is looked for before.
DO $do$
BEGIN
    PERFORM evidently_schema.refuse_after(2);
END
$do$;
