-- Hosts that still call the functions get an error: move them back to statements of their own first. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

SELECT evidently_schema.refuse_after(4);

DO $pages$
DECLARE
    routed text := (SELECT string_agg(format('%s at %s percent', r.service, r.star_percent), ', ' ORDER BY r.service) FROM evidently_schema.read_routes AS r WHERE r.star_percent > 0);
    page regprocedure;
BEGIN
    IF routed IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'EV007', MESSAGE = format('Phase 4 cannot be rolled back: pages are read from the star (%s).', routed),
            HINT = 'UPDATE evidently_schema.read_routes SET star_percent = 0; and let no host call the functions any more. Nothing was changed.';
    END IF;
    FOR page IN
        SELECT p.oid::regprocedure FROM pg_catalog.pg_proc AS p JOIN evidently_schema.read_functions AS f ON p.proname IN (f.name, 'legacy_' || f.name, 'star_' || f.name)
        WHERE p.pronamespace = 'evidently_schema'::regnamespace
            OR p.pronamespace = 'public'::regnamespace AND pg_catalog.obj_description(p.oid, 'pg_proc') LIKE '%evidently_schema.read_routes%'
    LOOP
        EXECUTE format('DROP FUNCTION %s', page);
    END LOOP;
END
$pages$;

DROP FUNCTION IF EXISTS evidently_schema.allow_reads(name), evidently_schema.without_refused(bigint[]), evidently_schema.day_start(date),
    evidently_schema.day_end(date), evidently_schema.legacy_brand_days(uuid, timestamptz, timestamptz),
    evidently_schema.star_brand_days(uuid, timestamptz, timestamptz), evidently_schema.create_read(text, text, text, text, text, text, text, boolean), evidently_schema.projected_rows_of(text),
    evidently_schema.legacy_processed(uuid, timestamptz, timestamptz, text[], uuid[], bigint[]), evidently_schema.legacy_created(uuid, timestamptz, timestamptz, text[], uuid[], bigint[]), evidently_schema.route_read(text, text);
DROP VIEW IF EXISTS evidently_schema.projected_brand_rows, evidently_schema.star_results, evidently_schema.star_competitors;

DO $grants$ -- what allow_reads gave on views of phase 2
DECLARE
    given record;
BEGIN
    FOR given IN
        SELECT c.oid::regclass AS name, r.rolname FROM pg_catalog.pg_class AS c CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) AS a
        JOIN pg_catalog.pg_roles AS r ON r.oid = a.grantee
        WHERE c.oid IN (to_regclass('evidently_schema.legacy_rows'), to_regclass('evidently_schema.query_topics'), to_regclass('evidently_schema.projected_rows'))
            AND a.privilege_type = 'SELECT' AND a.grantee <> c.relowner AND r.rolname <> 'service_role'
    LOOP
        EXECUTE format('REVOKE SELECT ON %s FROM %I', given.name, given.rolname);
    END LOOP;
END
$grants$;

$step$);
