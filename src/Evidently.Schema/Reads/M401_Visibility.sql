-- What a role sees on the star against what it sees of legacy. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

-- The policies that decide which rows of the table the role reads, each as CREATE POLICY takes it for metric_facts, so that they compare from
-- table to table.
CREATE OR REPLACE FUNCTION evidently_schema.read_policies(p_role name, p_table regclass) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    RETURN ARRAY(SELECT DISTINCT format('AS %s FOR SELECT TO %I USING (%s);', CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END, p_role,
            replace(regexp_replace(coalesce(pg_get_expr(p.polqual, p.polrelid), 'false'), '\s+', ' ', 'g'), 'extracted_positions.', 'metric_facts.')) AS rule
        FROM pg_policy AS p
        WHERE p.polrelid = p_table AND p.polcmd IN ('r', '*')
            AND (0 = ANY (p.polroles) OR EXISTS (SELECT FROM unnest(p.polroles) AS m (id) WHERE pg_has_role(p_role, m.id, 'USAGE')))
        ORDER BY rule);
END
$function$;

-- What to type so that the role sees on the star exactly what it sees of legacy; empty when it does. Each table of the star must be readable,
-- and filtered as legacy is: metric_facts by the same policies, the tables that hang on it by the fact. Whether other policies amount to the
-- same, only the host can say: star_policies_confirmed.
CREATE OR REPLACE FUNCTION evidently_schema.star_refusals(p_reader name) RETURNS text[]
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    star constant text[] := ARRAY['metric_facts', 'brand_metrics', 'competitor_metrics', 'brand_sentiment', 'competitor_sentiment'];
    everything constant text[] := ARRAY[format('AS PERMISSIVE FOR SELECT TO %I USING (true);', p_reader)];
    lacking text[];
    filtered text[];
    found text[] := '{}';
    confirmed boolean;
    name text;
    present text[];
    wanted text[];
BEGIN
    SELECT array_agg('public.' || c.relname ORDER BY array_position(star, c.relname::text)) FILTER (WHERE c.lacking), array_agg(c.relname::text) FILTER (WHERE c.filtered)
    INTO lacking, filtered
    FROM (
        SELECT c.relname, c.relname <> 'extracted_positions' AND NOT has_table_privilege(p_reader, c.oid, 'SELECT') AS lacking,
            c.relrowsecurity AND (c.relforcerowsecurity OR NOT pg_has_role(p_reader, c.relowner, 'USAGE'))
                AND NOT (SELECT r.rolsuper OR r.rolbypassrls FROM pg_roles AS r WHERE r.rolname = p_reader) AS filtered
        FROM pg_class AS c
        WHERE c.relnamespace = 'public'::regnamespace
            AND c.relname IN ('metric_facts', 'brand_metrics', 'competitor_metrics', 'brand_sentiment', 'competitor_sentiment', 'extracted_positions')
        OFFSET 0
    ) AS c
    WHERE c.lacking OR c.filtered;
    IF lacking IS NOT NULL THEN
        found := ARRAY[format('GRANT SELECT ON %s TO %I;', array_to_string(lacking, ', '), p_reader)];
    END IF;
    IF filtered IS NULL THEN
        RETURN found;
    END IF;
    confirmed := (SELECT s.value = 'true' FROM evidently_schema.settings AS s WHERE s.name = 'star_policies_confirmed');
    FOREACH name IN ARRAY star LOOP
        present := CASE WHEN name = ANY (filtered) THEN evidently_schema.read_policies(p_reader, ('public.' || name)::regclass) ELSE everything END;
        wanted := CASE WHEN 'extracted_positions' <> ALL (filtered) THEN everything
            WHEN name = 'metric_facts' THEN evidently_schema.read_policies(p_reader, 'public.extracted_positions'::regclass)
            ELSE ARRAY[format('AS PERMISSIVE FOR SELECT TO %I USING ((EXISTS ( SELECT FROM public.metric_facts f WHERE (f.id = %I.metric_fact_id))));', p_reader, name)] END;
        CONTINUE WHEN present = wanted
            OR wanted = everything AND present @> everything AND NOT EXISTS (SELECT FROM unnest(present) AS p (rule) WHERE p.rule LIKE 'AS RESTRICTIVE %')
            OR confirmed AND EXISTS (SELECT FROM unnest(present) AS p (rule) WHERE p.rule LIKE 'AS PERMISSIVE %');
        found := found || ARRAY(SELECT format('CREATE POLICY %I ON public.%I %s', format('evidently_schema_%s_%s', p_reader, w.n), name, w.rule)
            FROM unnest(wanted) WITH ORDINALITY AS w (rule, n) WHERE w.rule <> ALL (present));
        CONTINUE WHEN NOT wanted <@ present;
        found := found || format('-- public.%I has policies that legacy has not; if they hide and show the same rows: '
            'UPDATE evidently_schema.settings SET value = ''true'' WHERE name = ''star_policies_confirmed'';', name);
    END LOOP;
    RETURN found;
END
$function$;

SELECT evidently_schema.restrict_access('evidently_schema.read_policies', 'evidently_schema.star_refusals');

$step$);
