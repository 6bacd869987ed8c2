SELECT bool_and(v.ok)::integer, pg_catalog.count(*)::integer
FROM evidently_schema.verify() AS v;
