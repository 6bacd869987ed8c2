-- What the role lacks before anything is made, and what to type for it; no command where only another role will do. Migration 101 looks at the rest.
SELECT pg_catalog.quote_ident(current_user), p.problem, p.command
FROM (
    SELECT 1 AS n, pg_catalog.format('no right to CREATE in database %I', pg_catalog.current_database()) AS problem,
        pg_catalog.format('GRANT CREATE ON DATABASE %I TO %I;', pg_catalog.current_database(), current_user) AS command
    WHERE NOT EXISTS (SELECT FROM pg_catalog.pg_namespace AS n WHERE n.nspname = 'evidently_schema')
        AND NOT pg_catalog.has_database_privilege(pg_catalog.current_database(), 'CREATE')
    UNION ALL
    SELECT 2, pg_catalog.format('no right to CREATE in schema %I', n.nspname), pg_catalog.format('GRANT USAGE, CREATE ON SCHEMA %I TO %I;', n.nspname, current_user)
    FROM pg_catalog.pg_namespace AS n
    WHERE n.nspname IN ('public', 'evidently_schema')
        AND NOT (pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND pg_catalog.has_schema_privilege(n.oid, 'CREATE'))
    UNION ALL
    SELECT 3, pg_catalog.string_agg(pg_catalog.format('public.%I belongs to %I', c.relname, r.rolname), '; ' ORDER BY c.relname),
        CASE WHEN NOT r.rolsuper THEN pg_catalog.format('GRANT %I TO %I;', r.rolname, current_user) END
    FROM pg_catalog.pg_class AS c
    JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_roles AS r ON r.oid = c.relowner
    WHERE n.nspname = 'public' AND c.relname IN ('extracted_positions', 'collector_results', 'generated_queries', 'brand_competitors', 'brands', 'customers')
        AND NOT pg_catalog.pg_has_role(c.relowner, 'USAGE')
    GROUP BY r.rolname, r.rolsuper
) AS p
ORDER BY p.n, p.problem;
