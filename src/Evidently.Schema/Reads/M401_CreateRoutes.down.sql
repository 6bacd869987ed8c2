-- Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

SELECT evidently_schema.refuse_after(4);

DROP FUNCTION IF EXISTS evidently_schema.reads_star(text, uuid, bigint[], name), evidently_schema.is_noted(uuid, bigint[]), evidently_schema.read_bucket(uuid),
    evidently_schema.star_refusals(name), evidently_schema.read_policies(name, regclass);
DROP TABLE IF EXISTS evidently_schema.read_routes, evidently_schema.read_functions;
DROP FUNCTION IF EXISTS evidently_schema.check_route();

$step$);
