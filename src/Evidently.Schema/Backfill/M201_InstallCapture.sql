-- Triggers that only write notes. They run with the owner's rights and a fixed search_path, wait for nothing longer than their own
-- lock_timeout, and never fail the statement they watch: if even the note cannot be written, verification shows the difference.
CALL evidently_schema.step(ARRAY['extracted_positions', 'collector_results', 'generated_queries', 'brand_competitors', 'brands', 'customers'], $step$

-- Statement triggers on legacy: one note per changed result, or per row where it has none. From phase 3 on, in sync and strict, the results
-- of a small statement are projected at once instead. What an UPDATE leaves as it was, in the columns the star is made of, is no change:
-- the application writes the same values again and again. Text is compared in collation C: others may take different text for equal.
DO $capture$
DECLARE
    mapped text := (SELECT string_agg(CASE
            WHEN a.attname = 'metadata' AND t.typname IN ('json', 'jsonb') THEN '({row}.metadata ->> ''topic_name'') COLLATE "C"' -- 1.0 is not 1
            WHEN t.typname IN ('json', 'xml') THEN format('{row}.%I::text', c.column_name)
            WHEN t.typcollation <> 0 THEN format('{row}.%I::text COLLATE "C"', c.column_name)
            ELSE format('{row}.%I', c.column_name) END, ', ')
        FROM evidently_schema.legacy_columns AS c
        JOIN pg_catalog.pg_attribute AS a ON a.attrelid = 'public.extracted_positions'::regclass AND a.attname = c.column_name
        JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
        WHERE c.fate = 'mapped' OR c.column_name = 'metadata');
BEGIN
    EXECUTE replace(replace($create$
CREATE OR REPLACE FUNCTION evidently_schema.capture_legacy() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms'
AS $function$
DECLARE
    results bigint[];
    loose text[];
    known boolean := false;
    mode text;
    state text;
BEGIN
    IF TG_OP = 'INSERT' THEN
        SELECT array_agg(DISTINCT r.collector_result_id) FILTER (WHERE r.collector_result_id IS NOT NULL),
            array_agg(r.id::text) FILTER (WHERE r.collector_result_id IS NULL)
        INTO results, loose FROM new_rows AS r;
    ELSIF TG_OP = 'DELETE' THEN
        SELECT array_agg(DISTINCT r.collector_result_id) FILTER (WHERE r.collector_result_id IS NOT NULL),
            array_agg(r.id::text) FILTER (WHERE r.collector_result_id IS NULL)
        INTO results, loose FROM old_rows AS r;
    ELSIF TG_OP = 'UPDATE' THEN
        SELECT array_agg(DISTINCT r.result) FILTER (WHERE r.result IS NOT NULL), array_agg(DISTINCT r.id::text) FILTER (WHERE r.result IS NULL)
        INTO results, loose
        FROM old_rows AS o FULL JOIN new_rows AS n ON n.id = o.id
        CROSS JOIN LATERAL (VALUES (o.id, o.collector_result_id), (n.id, n.collector_result_id)) AS r (id, result)
        WHERE r.id IS NOT NULL AND ROW({old}) IS DISTINCT FROM ROW({new});
    ELSE
        INSERT INTO evidently_schema.change_notes (kind, key) VALUES ('all', TG_TABLE_NAME);
    END IF;
    known := true;

    IF loose IS NOT NULL THEN
        INSERT INTO evidently_schema.change_notes (kind, key) SELECT 'row', u.id FROM unnest(loose) AS u (id);
    END IF;
    IF results IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT s.value INTO mode FROM evidently_schema.settings AS s WHERE s.name = 'dual_write';
    -- A snapshot older than the stripes it takes would project what was; many results, or a statement_timeout about to expire, leave no time.
    IF mode IN ('sync', 'strict') AND cardinality(results) <= 64 AND current_setting('transaction_isolation') LIKE 'read %'
        AND current_setting('evidently_schema.through_view', true) IS DISTINCT FROM 'on' -- row by row: projected when that statement ends (phase 5)
        AND (current_setting('statement_timeout') = '0'
            OR clock_timestamp() + interval '100 milliseconds' < statement_timestamp() + current_setting('statement_timeout')::interval)
    THEN
        PERFORM evidently_schema.sync_results(results, mode = 'strict');
    ELSE
        INSERT INTO evidently_schema.change_notes (kind, collector_result_id) SELECT 'result', u.id FROM unnest(results) AS u (id);
        IF current_setting('evidently_schema.through_view', true) = 'on' AND coalesce(length(current_setting('evidently_schema.view_results', true)), 0) < 1000 THEN
            PERFORM set_config('evidently_schema.view_results',
                concat_ws(',', nullif(current_setting('evidently_schema.view_results', true), ''), array_to_string(results, ',')), true);
        END IF;
    END IF;
    RETURN NULL;
EXCEPTION
    WHEN SQLSTATE 'EV009' THEN
        RAISE; -- strict: the application asked for it
    WHEN OTHERS THEN
        state := SQLSTATE;
        BEGIN
            IF NOT known AND TG_OP = 'UPDATE' THEN -- not comparable, as when a column was renamed: each row counts as changed
                SELECT array_agg(DISTINCT r.result) FILTER (WHERE r.result IS NOT NULL), array_agg(DISTINCT r.id::text) FILTER (WHERE r.result IS NULL)
                INTO results, loose
                FROM (SELECT o.id, o.collector_result_id FROM old_rows AS o UNION ALL SELECT n.id, n.collector_result_id FROM new_rows AS n) AS r (id, result);
                known := true;
            END IF;
        EXCEPTION
            WHEN OTHERS THEN
                state := SQLSTATE;
        END;
        BEGIN
            IF NOT known THEN
                INSERT INTO evidently_schema.change_notes (kind, key, last_error) VALUES ('all', TG_TABLE_NAME, 'SQLSTATE ' || state);
            END IF;
            INSERT INTO evidently_schema.change_notes (kind, key, last_error) SELECT 'row', u.id, 'SQLSTATE ' || state FROM unnest(loose) AS u (id);
            INSERT INTO evidently_schema.change_notes (kind, collector_result_id, last_error)
            SELECT 'result', u.id, 'SQLSTATE ' || state FROM unnest(results) AS u (id);
        EXCEPTION
            WHEN OTHERS THEN
                NULL; -- the application's statement comes first; verification shows what was not noted
        END;
        RETURN NULL;
END
$function$
    $create$, '{old}', replace(mapped, '{row}', 'o')), '{new}', replace(mapped, '{row}', 'n'));
END
$capture$;

-- Triggers on the parents: one note per changed parent, whatever hangs on it. TG_ARGV[0] is the kind.
CREATE OR REPLACE FUNCTION evidently_schema.capture_parent() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms'
AS $function$
DECLARE
    v_kind constant text := TG_ARGV[0];
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO evidently_schema.change_notes (kind, key) VALUES ('all', TG_TABLE_NAME);
    ELSIF v_kind = 'collector_result' THEN
        -- With a validated foreign key on legacy, a new result has no legacy rows yet, but for rows rejected before the key was there.
        IF TG_OP <> 'INSERT' OR EXISTS (SELECT FROM evidently_schema.rejected_rows AS r WHERE r.collector_result_id = NEW.id)
            OR NOT EXISTS (SELECT FROM pg_constraint AS c WHERE c.conrelid = to_regclass('public.extracted_positions') AND c.contype = 'f'
                AND c.confrelid = TG_RELID AND c.convalidated)
        THEN
            INSERT INTO evidently_schema.change_notes (kind, key, collector_result_id)
            SELECT DISTINCT v_kind, k.id::text, k.id
            FROM (SELECT OLD.id WHERE TG_OP <> 'INSERT' UNION ALL SELECT NEW.id WHERE TG_OP <> 'DELETE') AS k (id);
        END IF;
    ELSIF v_kind = 'competitor' THEN
        INSERT INTO evidently_schema.change_notes (kind, key)
        SELECT DISTINCT v_kind, k.key
        FROM (SELECT OLD.brand_id || '/' || OLD.competitor_name WHERE TG_OP <> 'INSERT'
            UNION ALL SELECT NEW.brand_id || '/' || NEW.competitor_name WHERE TG_OP <> 'DELETE') AS k (key)
        WHERE k.key IS NOT NULL;
    ELSE
        INSERT INTO evidently_schema.change_notes (kind, key)
        SELECT DISTINCT v_kind, k.id::text
        FROM (SELECT OLD.id WHERE TG_OP <> 'INSERT' UNION ALL SELECT NEW.id WHERE TG_OP <> 'DELETE') AS k (id);
    END IF;
    RETURN NULL;
EXCEPTION
    WHEN OTHERS THEN
        BEGIN
            IF v_kind = 'collector_result' AND TG_OP <> 'TRUNCATE' THEN -- whether there are rejected rows could not be looked up
                INSERT INTO evidently_schema.change_notes (kind, key, collector_result_id)
                SELECT DISTINCT v_kind, k.id::text, k.id
                FROM (SELECT OLD.id WHERE TG_OP <> 'INSERT' UNION ALL SELECT NEW.id WHERE TG_OP <> 'DELETE') AS k (id);
            END IF;
        EXCEPTION
            WHEN OTHERS THEN
                NULL; -- the application's statement comes first; verification shows what was not noted
        END;
        RETURN NULL;
END
$function$;

-- A fact deleted by a parent's cascade, or by hand, but not by a projector, is a result whose legacy rows, if any are left, need another look.
CREATE OR REPLACE FUNCTION evidently_schema.capture_star() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms'
AS $function$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        INSERT INTO evidently_schema.change_notes (kind, key) VALUES ('all', TG_TABLE_NAME);
    ELSE
        INSERT INTO evidently_schema.change_notes (kind, collector_result_id) SELECT 'result', r.collector_result_id FROM old_rows AS r;
    END IF;
    RETURN NULL;
EXCEPTION
    WHEN OTHERS THEN
        RETURN NULL; -- the application's statement comes first; verification shows what was not noted
END
$function$;

-- For a database that logical replication feeds: its apply worker fires row triggers, no statement triggers. One note a row. Nothing calls
-- it before the host creates a trigger: docs/dual-write.md.
CREATE OR REPLACE FUNCTION evidently_schema.capture_replicated() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms'
AS $function$
BEGIN
    INSERT INTO evidently_schema.change_notes (kind, key, collector_result_id)
    SELECT DISTINCT CASE WHEN r.result IS NULL THEN 'row' ELSE 'result' END, CASE WHEN r.result IS NULL THEN r.id END, r.result
    FROM (SELECT OLD.id::text, OLD.collector_result_id WHERE TG_OP <> 'INSERT'
        UNION ALL SELECT NEW.id::text, NEW.collector_result_id WHERE TG_OP <> 'DELETE') AS r (id, result);
    RETURN NULL;
EXCEPTION
    WHEN OTHERS THEN
        RETURN NULL; -- replication goes on; verification shows what was not noted
END
$function$;

CREATE OR REPLACE TRIGGER evidently_schema_insert AFTER INSERT ON public.extracted_positions REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION evidently_schema.capture_legacy();
CREATE OR REPLACE TRIGGER evidently_schema_update AFTER UPDATE ON public.extracted_positions
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidently_schema.capture_legacy();
CREATE OR REPLACE TRIGGER evidently_schema_delete AFTER DELETE ON public.extracted_positions REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION evidently_schema.capture_legacy();
CREATE OR REPLACE TRIGGER evidently_schema_truncate AFTER TRUNCATE ON public.extracted_positions
    FOR EACH STATEMENT EXECUTE FUNCTION evidently_schema.capture_legacy();
CREATE OR REPLACE TRIGGER evidently_schema_delete AFTER DELETE ON public.metric_facts REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT WHEN (current_setting('evidently_schema.projecting', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION evidently_schema.capture_star();
CREATE OR REPLACE TRIGGER evidently_schema_truncate AFTER TRUNCATE ON public.metric_facts
    FOR EACH STATEMENT WHEN (current_setting('evidently_schema.projecting', true) IS DISTINCT FROM 'on') EXECUTE FUNCTION evidently_schema.capture_star();

-- On the parents row triggers, whose WHEN costs nothing for updates of other columns, such as a long answer.
DO $triggers$
DECLARE
    parent record;
BEGIN
    FOR parent IN
        SELECT p.name, p.kind, (SELECT string_agg(format('OLD.%1$I IS DISTINCT FROM NEW.%1$I', a.attname), ' OR ') FROM pg_catalog.pg_attribute AS a
            WHERE a.attrelid = to_regclass('public.' || p.name) AND a.attname = ANY (p.cols) AND NOT a.attisdropped) AS changed
        FROM (VALUES
            ('brands', 'brand', ARRAY['id', 'customer_id']),
            ('customers', 'customer', ARRAY['id']),
            ('generated_queries', 'query', ARRAY['id', 'topic']),
            ('collector_results', 'collector_result', ARRAY['id']),
            ('brand_competitors', 'competitor', ARRAY['id', 'brand_id', 'competitor_name'])
        ) AS p (name, kind, cols)
    LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER evidently_schema_change AFTER INSERT OR DELETE ON public.%I
            FOR EACH ROW EXECUTE FUNCTION evidently_schema.capture_parent(%L)', parent.name, parent.kind);
        EXECUTE format('CREATE OR REPLACE TRIGGER evidently_schema_update AFTER UPDATE ON public.%I
            FOR EACH ROW WHEN (%s) EXECUTE FUNCTION evidently_schema.capture_parent(%L)', parent.name, parent.changed, parent.kind);
        EXECUTE format('CREATE OR REPLACE TRIGGER evidently_schema_truncate AFTER TRUNCATE ON public.%I
            FOR EACH STATEMENT EXECUTE FUNCTION evidently_schema.capture_parent(%L)', parent.name, parent.kind);
    END LOOP;
END
$triggers$;

SELECT evidently_schema.restrict_access('evidently_schema.capture_legacy', 'evidently_schema.capture_parent', 'evidently_schema.capture_star',
    'evidently_schema.capture_replicated');

$step$);
