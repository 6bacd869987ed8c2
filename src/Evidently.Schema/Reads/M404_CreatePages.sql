-- Who may call the pages. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

-- Lets a role call the pages: USAGE on the schema, EXECUTE on them and what they call, SELECT on the views they read, which show what the
-- caller may read of the tables himself and no more. Grants nothing on a table: star_refusals(role) says what reading the star needs.
CREATE OR REPLACE FUNCTION evidently_schema.allow_reads(p_role name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    routine regprocedure;
BEGIN
    EXECUTE format('GRANT USAGE ON SCHEMA evidently_schema TO %I', p_role);
    EXECUTE format('GRANT SELECT ON evidently_schema.legacy_rows, evidently_schema.query_topics, evidently_schema.projected_rows, evidently_schema.projected_brand_rows, evidently_schema.star_results,
        evidently_schema.star_competitors TO %I', p_role);
    FOR routine IN
        SELECT p.oid::regprocedure FROM pg_proc AS p JOIN evidently_schema.read_functions AS f ON p.proname IN (f.name, 'legacy_' || f.name, 'star_' || f.name)
        WHERE p.pronamespace IN ('public'::regnamespace, 'evidently_schema'::regnamespace)
        UNION
        SELECT p.oid FROM pg_proc AS p
        WHERE p.pronamespace = 'evidently_schema'::regnamespace AND p.proname IN ('reads_star', 'note_call', 'without_refused', 'day_start', 'day_end', 'legacy_processed', 'legacy_created', 'legacy_brand_days', 'star_brand_days', 'computed_once',
            'to_metric', 'to_json', 'unwrap', 'to_sentences', 'to_positions', 'positions_broken', 'to_label')
    LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', routine, p_role);
    END LOOP;
END
$function$;

SELECT evidently_schema.restrict_access('evidently_schema.allow_reads');

-- Who reads legacy today may call them at once; anon and authenticated only when the host says so.
SELECT evidently_schema.allow_reads(r.rolname)
FROM pg_catalog.pg_class AS c
CROSS JOIN LATERAL pg_catalog.aclexplode(c.relacl) AS a
JOIN pg_catalog.pg_roles AS r ON r.oid = a.grantee
WHERE c.oid = to_regclass('public.extracted_positions') AND a.privilege_type = 'SELECT' AND a.grantee <> c.relowner AND r.rolname NOT IN ('anon', 'authenticated')
GROUP BY r.rolname;

$step$);
