-- What is made of the host's catalog when the table is archived: the view, what writes through it, and what writes to the star alone. Nothing
-- calls it yet. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

-- Makes the view, in the caller's transaction. p_legacy: the archived table. Without row security on it the view runs with its owner's rights; with it, with
-- its caller's.
CREATE OR REPLACE FUNCTION evidently_schema.make_view(p_legacy regclass, p_row_security boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    commented record;
    col record;
BEGIN
    EXECUTE format('CREATE VIEW public.extracted_positions WITH (security_invoker = %s) AS
SELECT %s FROM %s AS ep WHERE (SELECT v.counted FROM evidently_schema.view_reads AS v)
UNION ALL
%s', p_row_security, (SELECT string_agg(format('ep.%I', s.name), ', ' ORDER BY s.n) FROM evidently_schema.legacy_shape(p_legacy) AS s),
        p_legacy, evidently_schema.rebuild_query(p_legacy));
    FOR col IN SELECT s.name, s.is_default FROM evidently_schema.legacy_shape(p_legacy) AS s WHERE s.is_default IS NOT NULL LOOP
        EXECUTE format('ALTER VIEW public.extracted_positions ALTER COLUMN %I SET DEFAULT %s', col.name, col.is_default);
    END LOOP;
    FOR commented IN
        SELECT d.description, a.attname FROM pg_description AS d LEFT JOIN pg_attribute AS a ON a.attrelid = d.objoid AND a.attnum = d.objsubid AND d.objsubid > 0
        WHERE d.classoid = 'pg_class'::regclass AND d.objoid = p_legacy
    LOOP
        EXECUTE format('COMMENT ON %s IS %L', CASE WHEN commented.attname IS NULL THEN 'VIEW public.extracted_positions'
            ELSE format('COLUMN public.extracted_positions.%I', commented.attname) END, commented.description);
    END LOOP;
    PERFORM evidently_schema.copy_grants(p_legacy, 'public.extracted_positions'::regclass);
    IF (SELECT c.relowner::regrole::text <> current_user FROM pg_class AS c WHERE c.oid = p_legacy) THEN
        EXECUTE format('GRANT ALL ON public.extracted_positions TO %s', (SELECT c.relowner::regrole FROM pg_class AS c WHERE c.oid = p_legacy));
    END IF;
END
$function$;

-- The view's triggers. An UPDATE changes only what the statement changes, so that of two writers of one row each keeps his columns.
CREATE OR REPLACE FUNCTION evidently_schema.make_view_triggers(p_legacy regclass, p_row_security boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    shape record;
BEGIN
    SELECT string_agg(format('%I', s.name), ', ' ORDER BY s.n) FILTER (WHERE NOT s.is_generated) AS columns,
        string_agg('NEW.' || f.field, ', ' ORDER BY s.n) FILTER (WHERE NOT s.is_generated) AS new_values,
        string_agg(format('%1$s = CASE WHEN pg_catalog.record_image_ne(ROW(NEW.%1$s), ROW(OLD.%1$s)) THEN NEW.%1$s ELSE t.%1$s END', f.field), ', ' ORDER BY s.n)
            FILTER (WHERE NOT s.is_generated AND s.identity_kind <> 'a') AS changes,
        string_agg(format('t.%I', s.name), ', ' ORDER BY s.n) AS returned,
        bool_or(s.is_generated) AS generated,
        string_agg(format('%L, %L', s.name, pg_get_serial_sequence(p_legacy::text, s.name)), ', ' ORDER BY s.n) FILTER (WHERE s.identity_kind <> '') AS identity_sequences
    INTO shape FROM evidently_schema.legacy_shape(p_legacy) AS s
    CROSS JOIN LATERAL (SELECT '"' || replace(s.name, '"', '""') || '"' AS field) AS f; -- always quoted: words of PL/pgSQL are no fields
    EXECUTE format('CREATE OR REPLACE FUNCTION evidently_schema.write_view_row() RETURNS trigger
LANGUAGE plpgsql %s SET search_path = pg_catalog, pg_temp AS %L', CASE WHEN p_row_security THEN 'SECURITY INVOKER' ELSE 'SECURITY DEFINER' END, format('
BEGIN
    IF TG_OP = ''INSERT'' THEN
        INSERT INTO %1$s AS t (%2$s) OVERRIDING SYSTEM VALUE VALUES (%3$s)%6$s;
        RETURN NEW;
    ELSIF TG_OP = ''UPDATE'' THEN
        UPDATE %1$s AS t SET %4$s WHERE t.id = OLD.id RETURNING %5$s INTO NEW;
        RETURN CASE WHEN FOUND THEN NEW END;
    END IF;
    DELETE FROM %1$s AS t WHERE t.id = OLD.id;
    RETURN CASE WHEN FOUND THEN OLD END;
END
', p_legacy, shape.columns, shape.new_values, shape.changes, shape.returned, CASE WHEN shape.generated THEN ' RETURNING ' || shape.returned || ' INTO NEW' ELSE '' END));
    -- In the order of their names.
    EXECUTE format('CREATE TRIGGER evidently_schema_1_before INSTEAD OF INSERT OR UPDATE OR DELETE ON public.extracted_positions
        FOR EACH ROW EXECUTE FUNCTION evidently_schema.before_view_row(%s)', shape.identity_sequences);
    CREATE TRIGGER evidently_schema_2_write INSTEAD OF INSERT OR UPDATE OR DELETE ON public.extracted_positions
        FOR EACH ROW EXECUTE FUNCTION evidently_schema.write_view_row();
    CREATE TRIGGER evidently_schema_3_after AFTER INSERT OR UPDATE OR DELETE ON public.extracted_positions
        FOR EACH STATEMENT EXECUTE FUNCTION evidently_schema.after_view_statement();
    EXECUTE format('CREATE OR REPLACE FUNCTION evidently_schema.copy_back(p_ids bigint[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp AS %L', format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE SELECT %2$s FROM (%s) AS q', p_legacy, shape.columns,
        evidently_schema.rebuild_query(p_legacy, 'i.collector_result_id = ANY (p_ids)')));
    PERFORM evidently_schema.restrict_access('evidently_schema.write_view_row', 'evidently_schema.copy_back');
END
$function$;

-- The projection of rows that are given, not read from legacy: the text of project() and project_scored(), and of the projection views, with another source. So the
-- mapping stands once. p_sequence: where the ids come from when the table, and its identity, is about to go; p_retired: then what the star cannot hold goes to the residue whole.
CREATE OR REPLACE FUNCTION evidently_schema.make_star_writer(p_legacy regclass, p_sequence regclass DEFAULT NULL, p_retired boolean DEFAULT false) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    source constant text := format('FROM %s ep', p_legacy);
    reading constant text := 'FROM evidently_schema.legacy_rows l';
    projecting constant text := 'FROM evidently_schema.projected_rows AS r WHERE r.collector_result_id = ANY (p_ids)';
    rejecting constant text := 'INSERT INTO evidently_schema.rejected_rows AS t';
    counting constant text := '    SELECT count(p.reason) INTO rejected FROM p;';
    star_only constant text := 'p_ids := evidently_schema.without_star_only(p_ids);';
    done constant text := '    PERFORM set_config(''evidently_schema.projecting'', ''off'', true);';
    legacy_rows constant text := rtrim(pg_get_viewdef('evidently_schema.legacy_rows'::regclass), ';');
    projected constant text := rtrim(pg_get_viewdef('evidently_schema.projected_rows'::regclass), ';');
    body constant text := (SELECT p.prosrc FROM pg_proc AS p WHERE p.oid = 'evidently_schema.project(bigint[])'::regprocedure);
    scored constant text := (SELECT p.prosrc FROM pg_proc AS p WHERE p.oid = 'evidently_schema.project_scored(bigint[])'::regprocedure);
    given constant text := format('FROM (%s) AS r', replace(projected, reading, format('FROM (%s) l',
        replace(legacy_rows, source, 'FROM jsonb_populate_recordset(NULL::public.extracted_positions, p_items) ep'))));
    ids text;
    barred text;
    shape record;
BEGIN
    IF strpos(legacy_rows, source) = 0 OR strpos(projected, reading) = 0
        OR EXISTS (SELECT FROM unnest(ARRAY[projecting, rejecting, star_only, done]) AS t (part) WHERE strpos(body, t.part) = 0)
        OR EXISTS (SELECT FROM unnest(ARRAY[projecting, counting]) AS t (part) WHERE strpos(scored, t.part) = 0)
    THEN
        RAISE EXCEPTION USING ERRCODE = 'EV007', MESSAGE = 'The projection is not the one this migration knows.',
            HINT = 'Leave evidently_schema.legacy_rows, projected_rows, project() and project_scored() as the migrations made them. Nothing was changed.';
    END IF;
    SELECT string_agg(format('%1$L, CASE WHEN %1$L <> ALL (keys.named) THEN %2$s END', s.name,
                coalesce(d.default_in_json, format('nextval(%L::regclass)', coalesce(p_sequence::text, pg_get_serial_sequence(p_legacy::text, s.name))))), ', ' ORDER BY s.n)
            FILTER (WHERE s.is_default IS NOT NULL OR s.identity_kind <> '') AS defaults,
        -- Of what a host's function asks in its turn nothing is known.
        string_agg(format('%1$L, CASE WHEN %1$L OPERATOR(pg_catalog.<>) ALL (keys.named) THEN %2$s END', s.name, d.default_in_json), ', ' ORDER BY s.n) FILTER (WHERE s.is_default IS NOT NULL AND s.name <> 'id'
            AND (SELECT evidently_schema.asks_who('pg_attrdef', d.oid, s.is_default) OR EXISTS (SELECT FROM pg_depend AS p WHERE p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid AND p.refclassid = 'pg_proc'::regclass)
                FROM pg_attrdef AS d WHERE d.adrelid = p_legacy AND d.adnum = s.n)) AS callers,
        array_agg(s.name ORDER BY s.n) AS columns,
        coalesce(array_agg(s.name ORDER BY s.n) FILTER (WHERE s.kept), '{}') AS kept,
        string_agg(s.type, '') FILTER (WHERE s.name = 'id') AS id_type,
        string_agg(format('%L, ep.%1$I::text', s.name), ', ' ORDER BY s.n) FILTER (WHERE s.as_text AND (s.kept OR p_retired)) AS as_text
    INTO shape FROM evidently_schema.legacy_shape(p_legacy) AS s
    -- A type with a cast to JSON, such as hstore, does not read what that makes of it.
    CROSS JOIN LATERAL (SELECT CASE WHEN t.typcategory = 'U' AND t.typtype = 'b' AND t.typname NOT IN ('json', 'jsonb') THEN format('(%s)::text', s.is_default) ELSE s.is_default END AS default_in_json
        FROM pg_attribute AS a JOIN pg_type AS t ON t.oid = a.atttypid WHERE a.attrelid = p_legacy AND a.attnum = s.n) AS d;
    ids := format(', ids AS (
        INSERT INTO evidently_schema.legacy_ids (id, collector_result_id, competitor_id)
        SELECT p.legacy_id::%s, p.collector_result_id, p.competitor_id FROM p WHERE p.projected
    )
    ', shape.id_type);
    EXECUTE format('CREATE OR REPLACE FUNCTION evidently_schema.project_given(p_ids bigint[], p_items jsonb, OUT v_rejected bigint)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_memoize = off SET jit = off SET plan_cache_mode = force_generic_plan AS %L', format('
BEGIN
    IF EXISTS (SELECT FROM public.metric_facts AS f WHERE f.collector_result_id = ANY (p_ids)) THEN
%s;
    ELSE
%s;
    END IF;
END
', replace(replace(replace(replace(body, star_only, 'NULL;'), done, '    GET DIAGNOSTICS v_rejected = ROW_COUNT;' || chr(10) || done), projecting, given), rejecting, ids || rejecting),
        replace(replace(scored, counting, ids || counting || chr(10) || '    v_rejected := rejected;'), projecting, given)));
    -- What the table would refuse, or only it can refuse or compute, is the table's: the star has no such constraints, and its rows must be able to come back.
    SELECT string_agg(c.condition, ' OR ' ORDER BY c.condition) INTO barred
    FROM (
        SELECT format('ep.%I IS NULL', a.attname) AS condition FROM pg_attribute AS a
        WHERE a.attrelid = p_legacy AND a.attnum > 0 AND NOT a.attisdropped AND a.attnotnull AND a.attgenerated = '' AND a.attname NOT IN ('id', 'collector_result_id')
        UNION ALL
        SELECT format('NOT (%s)', pg_get_expr(k.conbin, k.conrelid)) FROM pg_constraint AS k WHERE k.conrelid = p_legacy AND k.contype = 'c'
        UNION ALL
        SELECT format('ep.%I IS NOT NULL', s.name) FROM evidently_schema.legacy_shape(p_legacy) AS s
        WHERE s.kept AND EXISTS (SELECT FROM pg_constraint AS k JOIN pg_attribute AS a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)
            WHERE k.conrelid = p_legacy AND k.contype = 'f' AND a.attname = s.name)
        UNION ALL -- unique, but for what is unique in the star too: an id, a competitor of a result, its brand
        SELECT concat_ws(' AND ', '(' || pg_get_expr(i.indpred, i.indrelid) || ')', CASE WHEN NOT i.indnullsnotdistinct THEN u.given END, 'true')
        FROM pg_index AS i
        CROSS JOIN LATERAL (SELECT coalesce(array_agg(a.attname::text), '{}') AS names, string_agg(format('ep.%I IS NOT NULL', a.attname), ' AND ') AS given
            FROM pg_attribute AS a WHERE a.attrelid = i.indrelid AND a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])) AS u
        WHERE i.indrelid = p_legacy AND (i.indisexclusion OR i.indisunique AND 'id' <> ALL (u.names) AND NOT ('collector_result_id' = ANY (u.names)
            AND ('competitor_name' = ANY (u.names) OR coalesce(pg_get_expr(i.indpred, i.indrelid), '') = '(competitor_name IS NULL)')))
        UNION ALL
        SELECT 'true' FROM evidently_schema.legacy_shape(p_legacy) AS s WHERE s.is_generated
    ) AS c WHERE NOT p_retired;
    EXECUTE format('CREATE OR REPLACE FUNCTION evidently_schema.given_rows(p_items jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS %L', format('
#variable_conflict use_column
DECLARE
    row_given jsonb;
    together jsonb := ''{}''; -- has the key of each row once
    keys record;
    given jsonb;
BEGIN
    FOR row_given IN SELECT r.item FROM jsonb_array_elements(p_items) AS r (item) LOOP
        together := together || row_given;
    END LOOP;
    SELECT array_agg(k.name) AS named INTO keys FROM jsonb_object_keys(together) AS k (name);
    IF NOT keys.named <@ %2$L::text[] THEN
        RETURN NULL;
    END IF;
    given := (SELECT jsonb_agg((jsonb_build_object(%1$s) - keys.named) || r.item) FROM jsonb_array_elements(p_items) AS r (item));
    %3$s
    RETURN given;
END
', shape.defaults, shape.columns, CASE WHEN barred IS NOT NULL THEN format('IF EXISTS (SELECT FROM jsonb_populate_recordset(NULL::public.extracted_positions, given) AS ep WHERE %s) THEN
        RETURN NULL;
    END IF;', barred) ELSE '' END));
    IF shape.callers IS NOT NULL THEN -- with the path of the caller, as the table's own defaults
        EXECUTE format('CREATE OR REPLACE FUNCTION evidently_schema.callers_defaults(p_items jsonb) RETURNS jsonb LANGUAGE sql AS %L', format('
    WITH keys AS MATERIALIZED (SELECT pg_catalog.array_agg(DISTINCT k.name) AS named
        FROM pg_catalog.jsonb_array_elements(p_items) AS r (item) CROSS JOIN LATERAL pg_catalog.jsonb_object_keys(r.item) AS k (name))
    SELECT pg_catalog.jsonb_agg((pg_catalog.jsonb_build_object(%s) OPERATOR(pg_catalog.-) keys.named) OPERATOR(pg_catalog.||) r.item)
    FROM pg_catalog.jsonb_array_elements(p_items) AS r (item) CROSS JOIN keys
', shape.callers));
    END IF;
    EXECUTE format('CREATE OR REPLACE FUNCTION evidently_schema.keep_given(p_items jsonb) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS %L', CASE WHEN shape.kept = '{}' AND NOT p_retired THEN 'BEGIN END' ELSE format('
BEGIN
    IF NOT EXISTS (SELECT FROM jsonb_array_elements(p_items) AS r (item) WHERE r.item ?| %3$L::text[])%5$s THEN
        RETURN;
    END IF;
    INSERT INTO evidently_schema.legacy_residue (legacy_id, collector_result_id, competitor_name, data)
    SELECT ep.id::text, ep.collector_result_id, ep.competitor_name, k.data
    FROM jsonb_populate_recordset(NULL::public.extracted_positions, p_items) AS ep%1$s
    CROSS JOIN LATERAL (SELECT jsonb_object_agg(e.key, e.value) AS data FROM jsonb_each(to_jsonb(ep.*)%2$s) AS e
        WHERE e.key = ANY (%3$L::text[]) AND e.value <> ''null''%4$s) AS k
    WHERE k.data IS NOT NULL;
END
', CASE WHEN p_retired THEN ' LEFT JOIN evidently_schema.rejected_rows AS x ON x.legacy_id = ep.id::text' END,
        ' || jsonb_build_object(' || shape.as_text || ')', shape.kept,
        CASE WHEN p_retired THEN ' OR x.reason <> ''unknown_label'' AND (e.key <> ''raw_answer'' OR e.value <> ''null'')
            OR x.reason = ''unknown_label'' AND e.key LIKE ''sentiment_label%''' END,
        CASE WHEN p_retired THEN ' AND NOT EXISTS (SELECT FROM evidently_schema.rejected_rows AS x WHERE x.collector_result_id = (p_items #>> ''{0,collector_result_id}'')::bigint)' END) END);
    PERFORM evidently_schema.restrict_access('evidently_schema.project_given', 'evidently_schema.given_rows', 'evidently_schema.keep_given');
END
$function$;

SELECT evidently_schema.restrict_access('evidently_schema.make_view', 'evidently_schema.make_view_triggers', 'evidently_schema.make_star_writer');

$step$);
