-- The statement that drops the next of them; no row when there is none.
SELECT pg_catalog.format('DROP INDEX CONCURRENTLY public.%I', s.name) FROM evidently_schema.spare_indexes AS s ORDER BY s.name LIMIT 1;
