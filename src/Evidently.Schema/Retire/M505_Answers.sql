-- What reads collector_results.raw_answer, and how it is made again. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], CASE WHEN to_regclass('evidently_schema.legacy_residue') IS NULL OR to_regclass('public.extracted_positions_archived') IS NOT NULL THEN 'SELECT' ELSE $step$

-- Every open point before the column is dropped: what would stop the server from dropping it.
CREATE OR REPLACE FUNCTION evidently_schema.answer_obstacles() RETURNS TABLE (problem text, remedy text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT 'allow_drop_raw_answer is false', 'UPDATE evidently_schema.settings SET value = ''true'' WHERE name = ''allow_drop_raw_answer'';'
    WHERE (SELECT s.value FROM evidently_schema.settings AS s WHERE s.name = 'allow_drop_raw_answer') IS DISTINCT FROM 'true'
    UNION ALL
    (SELECT DISTINCT format('%s %s hangs on collector_results.raw_answer', CASE i.type WHEN 'default value' THEN 'generated column' ELSE i.type END, CASE i.type WHEN 'default value' THEN p.of_table || '.' || p.name ELSE i.identity END),
        CASE WHEN i.type IN ('view', 'materialized view', 'policy', 'trigger') THEN format('DROP %s %s;', upper(i.type), i.identity)
            WHEN i.type = 'table constraint' THEN format('ALTER TABLE %s DROP CONSTRAINT %s;', p.of_table, p.name)
            WHEN i.type = 'default value' THEN format('ALTER TABLE %s DROP COLUMN %s;', p.of_table, p.name)
            ELSE format('-- make the %s %s without the column', i.type, i.identity) END
    FROM pg_depend AS d
    JOIN pg_attribute AS a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid AND a.attname = 'raw_answer'
    LEFT JOIN pg_rewrite AS w ON d.classid = 'pg_rewrite'::regclass AND w.oid = d.objid
    CROSS JOIN LATERAL pg_identify_object(CASE WHEN w.oid IS NULL THEN d.classid ELSE 'pg_class'::regclass END, coalesce(w.ev_class, d.objid), CASE WHEN w.oid IS NULL THEN d.objsubid ELSE 0 END) AS i
    LEFT JOIN pg_constraint AS k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
    LEFT JOIN (pg_attrdef AS e JOIN pg_attribute AS g ON g.attrelid = e.adrelid AND g.attnum = e.adnum) ON d.classid = 'pg_attrdef'::regclass AND e.oid = d.objid
    CROSS JOIN LATERAL (SELECT format('%s', coalesce(k.conrelid, e.adrelid)::regclass) AS of_table, quote_ident(coalesce(k.conname, g.attname)) AS name) AS p
    WHERE d.refclassid = 'pg_class'::regclass AND d.refobjid = 'public.collector_results'::regclass AND d.deptype = 'n'
        AND w.ev_class IS DISTINCT FROM 'public.extracted_positions'::regclass
    ORDER BY 1)
$function$;

-- What the server drops along with the column without a word, and the column itself, as statements that make them again.
CREATE OR REPLACE FUNCTION evidently_schema.answer_recipe() RETURNS TABLE (n integer, kind text, object text, statement text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    WITH answer AS (
        SELECT a.*, format_type(a.atttypid, a.atttypmod) AS type, pg_get_expr(d.adbin, d.adrelid) AS is_default, col_description(a.attrelid, a.attnum) AS comment,
            CASE WHEN a.attcollation <> t.typcollation THEN (SELECT format(' COLLATE %I.%I', c.collnamespace::regnamespace, c.collname) FROM pg_collation AS c WHERE c.oid = a.attcollation) END AS collated
        FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = 'public.collector_results'::regclass AND a.attname = 'raw_answer' AND NOT a.attisdropped
    )
    SELECT 1, 'column', 'raw_answer', format('ALTER TABLE public.collector_results ADD COLUMN raw_answer %s%s;', answer.type, answer.collated) FROM answer
    UNION ALL
    SELECT 2, 'default', 'raw_answer', format('ALTER TABLE public.collector_results ALTER COLUMN raw_answer SET DEFAULT %s;', answer.is_default) FROM answer WHERE answer.is_default IS NOT NULL
    UNION ALL
    SELECT 2, 'comment', 'raw_answer', format('COMMENT ON COLUMN public.collector_results.raw_answer IS %L;', answer.comment) FROM answer WHERE answer.comment IS NOT NULL
    UNION ALL
    SELECT 2, 'right', x.privilege_type, format('GRANT %s (raw_answer) ON public.collector_results TO %s;', x.privilege_type, CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END)
    FROM answer CROSS JOIN LATERAL aclexplode(answer.attacl) AS x
    UNION ALL
    SELECT 3, 'NOT NULL', 'raw_answer', 'ALTER TABLE public.collector_results ALTER COLUMN raw_answer SET NOT NULL;' FROM answer WHERE answer.attnotnull
    UNION ALL
    SELECT DISTINCT 4, CASE WHEN c.oid IS NOT NULL THEN 'index' WHEN s.oid IS NOT NULL THEN 'statistics' ELSE 'constraint' END, coalesce(c.relname, s.stxname, k.conname)::text,
        coalesce(pg_get_indexdef(c.oid), pg_get_statisticsobjdef(s.oid), format('ALTER TABLE %s ADD CONSTRAINT %I %s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid))) || ';'
    FROM answer JOIN pg_depend AS d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = answer.attrelid AND d.refobjsubid = answer.attnum AND d.deptype = 'a'
    LEFT JOIN pg_class AS c ON d.classid = 'pg_class'::regclass AND c.oid = d.objid AND c.relkind = 'i'
    LEFT JOIN pg_statistic_ext AS s ON d.classid = 'pg_statistic_ext'::regclass AND s.oid = d.objid
    LEFT JOIN pg_constraint AS k ON d.classid = 'pg_constraint'::regclass AND k.oid = d.objid
    WHERE c.oid IS NOT NULL OR s.oid IS NOT NULL OR k.contype <> 'c'
    ORDER BY 1, 2, 3
$function$;

SELECT evidently_schema.restrict_access('evidently_schema.answer_obstacles', 'evidently_schema.answer_recipe');

$step$ END);
