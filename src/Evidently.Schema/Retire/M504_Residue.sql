-- What cleanup needs to know, to keep and to refuse. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], CASE WHEN to_regclass('public.extracted_positions_archived') IS NULL THEN 'SELECT' ELSE $step$

-- Every open point before the archived table is dropped, with what settles it.
CREATE OR REPLACE FUNCTION evidently_schema.cleanup_obstacles() RETURNS TABLE (problem text, remedy text)
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    archived constant regclass := 'public.extracted_positions_archived'::regclass;
    age interval;
    min_age constant interval := (SELECT s.value::interval FROM evidently_schema.settings AS s WHERE s.name = 'archive_min_age');
    quiet constant interval := make_interval(days => (SELECT s.value::integer FROM evidently_schema.settings AS s WHERE s.name = 'quiet_days'));
    used record;
BEGIN
    SELECT clock_timestamp() - a.archived_at INTO age FROM evidently_schema.archive_state AS a;
    IF age < min_age THEN
        RETURN QUERY SELECT format('extracted_positions was archived %s ago, archive_min_age is %s', date_trunc('second', age), min_age),
            format('UPDATE evidently_schema.settings SET value = ''%s days'' WHERE name = ''archive_min_age''; -- or wait until %s', extract(day FROM age),
                (SELECT a.archived_at + min_age FROM evidently_schema.archive_state AS a));
    END IF;
    IF quiet > interval '0' THEN
        SELECT u.* INTO used FROM evidently_schema.usage_now() AS u;
        RETURN QUERY SELECT format('the view extracted_positions was read %s times, last within %s (quiet_days is %s)', used.reads, date_trunc('second', clock_timestamp() - used.last_read) + interval '1 second',
                extract(day FROM quiet)), 'SELECT * FROM evidently_schema.legacy_usage(); -- says what hangs on it; called daily, it says when it was read'::text
            WHERE used.last_read > clock_timestamp() - quiet;
        RETURN QUERY SELECT format('%s wrote through the view extracted_positions, last %s ago', w.application_name, date_trunc('second', clock_timestamp() - max(w.at))),
                'SELECT * FROM evidently_schema.legacy_usage(); -- let who writes call evidently_schema.save_positions'::text
            FROM evidently_schema.view_writes AS w GROUP BY w.application_name HAVING max(w.at) > clock_timestamp() - quiet;
    END IF;
    RETURN QUERY SELECT 'write_target is both: save_positions still writes legacy'::text, 'UPDATE evidently_schema.settings SET value = ''star'' WHERE name = ''write_target'';'::text
    FROM evidently_schema.settings AS s WHERE s.name = 'write_target' AND s.value <> 'star';
    RETURN QUERY SELECT format('verification found %s: %s missing, %s extra, %s different', c.check_name, c.missing, c.extra, c.different), 'SELECT evidently_schema.repair(); -- until it returns 0'::text
    FROM (SELECT v.checks FROM evidently_schema.verifications AS v ORDER BY v.id DESC LIMIT 1) AS v
    CROSS JOIN jsonb_to_recordset(v.checks) AS c (check_name text, missing bigint, extra bigint, different bigint, ok boolean) WHERE NOT c.ok;
    RETURN QUERY SELECT format('%s changes are noted and not yet in the star', count(*)), 'CALL evidently_schema.drain(50);'::text
    FROM evidently_schema.change_notes AS n HAVING count(*) > 0;
    RETURN QUERY SELECT format('%s rejected rows (%s) are not acknowledged', count(*), r.reason), format('UPDATE evidently_schema.rejected_rows SET acknowledged = true WHERE reason = %L;', r.reason)
    FROM evidently_schema.rejected_rows AS r WHERE NOT r.acknowledged GROUP BY r.reason;
    RETURN QUERY SELECT format('%s %s hangs on extracted_positions_archived', d.kind, d.object), d.remove FROM evidently_schema.dependents(archived) AS d;
END
$function$;

-- Makes keep_residue(results): of each legacy row of these results that the star holds, its id and what the star has otherwise; of each other row, all of it. By
-- value: 0.50 is 0.5; text and JSON to the letter. NULL: the rows without a result. The caller holds their stripes.
CREATE OR REPLACE FUNCTION evidently_schema.make_residue(p_legacy regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    shape record;
BEGIN
    SELECT string_agg(format('CASE WHEN ep.%1$I::text COLLATE "C" IS DISTINCT FROM q.%1$I::text COLLATE "C"%2$s THEN jsonb_build_object(%1$L, d.data -> %1$L) ELSE ''{}'' END', s.name,
                CASE WHEN s.type ~ '^(numeric|double|real|timestamp)' THEN format(' AND ep.%1$I IS DISTINCT FROM q.%1$I', s.name) ELSE '' END), ' || ' ORDER BY s.n) FILTER (WHERE NOT s.is_key) AS differing,
        string_agg(format('ep.%1$I IS DISTINCT FROM q.%1$I', s.name), ' OR ' ORDER BY s.n) FILTER (WHERE s.is_key AND s.name NOT IN ('id', 'collector_result_id')) AS keys_differ,
        string_agg(format('%L, ep.%1$I::text', s.name), ', ' ORDER BY s.n) FILTER (WHERE s.as_text) AS as_text,
        bool_or(s.name = 'raw_answer' AND NOT s.kept) AS derived_answer
    INTO shape FROM evidently_schema.legacy_shape(p_legacy) AS s;
    EXECUTE format('CREATE OR REPLACE FUNCTION evidently_schema.keep_residue(p_ids bigint[]) RETURNS bigint
LANGUAGE sql SET search_path = pg_catalog, pg_temp SET jit = off AS %L', format('
    WITH rebuilt AS MATERIALIZED (%1$s),
    compared AS MATERIALIZED (
        SELECT ep.id, ep.collector_result_id, ep.competitor_name, d.data, q.id IS NULL OR %2$s AS whole, %3$s AS differing
        FROM %4$s AS ep
        CROSS JOIN LATERAL (SELECT (to_jsonb(ep)%5$s)%6$s AS data) AS d
        LEFT JOIN rebuilt AS q ON q.id = ep.id
        WHERE ep.collector_result_id = ANY (p_ids) OR p_ids IS NULL AND ep.collector_result_id IS NULL
    ),
    gone AS (
        DELETE FROM evidently_schema.legacy_ids AS i USING compared AS c WHERE i.id = c.id AND c.whole
    )
    INSERT INTO evidently_schema.legacy_residue AS r (legacy_id, collector_result_id, competitor_name, data)
    SELECT c.id::text, c.collector_result_id, c.competitor_name, CASE WHEN c.whole THEN c.data ELSE c.differing END FROM compared AS c
    WHERE c.whole OR c.differing <> ''{}''
    ON CONFLICT (legacy_id) DO UPDATE SET collector_result_id = excluded.collector_result_id, competitor_name = excluded.competitor_name, data = excluded.data;
    SELECT 0::bigint
', evidently_schema.rebuild_query(p_legacy, 'i.collector_result_id = ANY (p_ids)'), shape.keys_differ, shape.differing, p_legacy, ' || jsonb_build_object(' || shape.as_text || ')',
        CASE WHEN shape.derived_answer THEN ' - CASE WHEN ep.raw_answer COLLATE "C" IS NOT DISTINCT FROM (SELECT cr.raw_answer COLLATE "C" FROM public.collector_results AS cr WHERE cr.id = ep.collector_result_id)
            THEN ''raw_answer'' ELSE '''' END' END));
    PERFORM evidently_schema.restrict_access('evidently_schema.keep_residue');
END
$function$;

-- One batch after a result: its ids, then what differs. A result whose stripe is busy is left to the next call. Returns the last result looked at, NULL at the end.
CREATE OR REPLACE FUNCTION evidently_schema.keep_batch(p_after bigint, p_limit integer DEFAULT 200) RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off
AS $function$
DECLARE
    ids constant bigint[] := evidently_schema.kept_next(p_after, p_limit);
    free bigint[] := evidently_schema.lock_stripes(ids);
BEGIN
    IF ids = '{}' THEN
        RETURN NULL;
    END IF;
    free := ARRAY(SELECT u.id FROM unnest(free) AS u (id) WHERE NOT EXISTS (SELECT FROM evidently_schema.star_only_results AS s WHERE s.collector_result_id = u.id));
    DELETE FROM evidently_schema.legacy_residue AS r WHERE r.collector_result_id = ANY (free);
    DELETE FROM evidently_schema.legacy_ids AS i WHERE i.collector_result_id = ANY (free);
    PERFORM evidently_schema.keep_ids(free);
    PERFORM evidently_schema.keep_residue(free);
    RETURN ids[cardinality(ids)];
END
$function$;

-- The results whose legacy rows have changed since they were kept, noted by the table's trigger: kept again. Returns how many there were.
CREATE OR REPLACE FUNCTION evidently_schema.keep_again() RETURNS bigint
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp SET jit = off
AS $function$
DECLARE
    changed bigint[];
    loose boolean;
    free bigint[];
BEGIN
    WITH gone AS (DELETE FROM evidently_schema.kept_changes AS c RETURNING c.collector_result_id)
    SELECT array_agg(DISTINCT gone.collector_result_id) FILTER (WHERE gone.collector_result_id IS NOT NULL), bool_or(gone.collector_result_id IS NULL) INTO changed, loose FROM gone;
    free := evidently_schema.lock_stripes(changed);
    INSERT INTO evidently_schema.kept_changes (collector_result_id) SELECT u.id FROM unnest(changed) AS u (id) WHERE u.id <> ALL (free); -- another time
    free := ARRAY(SELECT u.id FROM unnest(free) AS u (id) WHERE NOT EXISTS (SELECT FROM evidently_schema.star_only_results AS s WHERE s.collector_result_id = u.id));
    DELETE FROM evidently_schema.legacy_residue AS r WHERE r.collector_result_id = ANY (free) OR loose AND r.collector_result_id IS NULL;
    DELETE FROM evidently_schema.legacy_ids AS i WHERE i.collector_result_id = ANY (free);
    PERFORM evidently_schema.keep_ids(free), evidently_schema.keep_residue(free);
    IF loose THEN
        PERFORM evidently_schema.keep_residue(NULL);
    END IF;
    RETURN coalesce(cardinality(changed), 0) + coalesce(loose::integer, 0);
END
$function$;

CREATE TABLE IF NOT EXISTS evidently_schema.kept_changes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    collector_result_id bigint
);

CREATE OR REPLACE FUNCTION evidently_schema.note_kept_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    INSERT INTO evidently_schema.kept_changes (collector_result_id)
    SELECT DISTINCT r.id FROM (SELECT OLD.collector_result_id WHERE TG_OP <> 'INSERT' UNION ALL SELECT NEW.collector_result_id WHERE TG_OP <> 'DELETE') AS r (id);
    RETURN NULL;
END
$function$;

-- Which legacy row is which star row.
CREATE OR REPLACE FUNCTION evidently_schema.kept_next(p_after bigint, p_limit integer) RETURNS bigint[]
LANGUAGE sql SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
AS $function$
    SELECT ARRAY(SELECT DISTINCT l.collector_result_id FROM evidently_schema.legacy_rows AS l
        WHERE l.collector_result_id > coalesce(p_after, -9223372036854775808) OR p_after IS NULL AND l.collector_result_id IS NOT NULL ORDER BY l.collector_result_id LIMIT p_limit)
$function$;

DO $ids$
BEGIN
    EXECUTE format($create$
CREATE OR REPLACE FUNCTION evidently_schema.keep_ids(p_ids bigint[]) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, pg_temp SET jit = off
AS $function$
    INSERT INTO evidently_schema.legacy_ids (id, collector_result_id, competitor_id)
    SELECT p.legacy_id::%s, p.collector_result_id, p.competitor_id FROM evidently_schema.projected_rows AS p
    WHERE p.collector_result_id = ANY (p_ids) AND p.projected AND EXISTS (SELECT FROM public.metric_facts AS f WHERE f.collector_result_id = p.collector_result_id)
$function$
$create$, (SELECT s.type FROM evidently_schema.legacy_shape('public.extracted_positions_archived'::regclass) AS s WHERE s.name = 'id'));
END
$ids$;

SELECT evidently_schema.make_residue('public.extracted_positions_archived'::regclass);

SELECT evidently_schema.restrict_access('evidently_schema.cleanup_obstacles', 'evidently_schema.make_residue', 'evidently_schema.keep_batch',
    'evidently_schema.kept_next', 'evidently_schema.keep_ids', 'evidently_schema.keep_again', 'evidently_schema.kept_changes', 'evidently_schema.note_kept_change');

$step$ END);
