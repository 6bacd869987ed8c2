-- Triggers that only write notes. They run with the owner's rights and a fixed search_path, wait for nothing longer than their own
-- lock_timeout, and never fail the statement they watch: if even the note cannot be written, verification shows the difference.
CALL evidently_schema.step(ARRAY['extracted_positions', 'collector_results', 'generated_queries', 'brand_competitors', 'brands', 'customers'], $step$

-- Statement triggers on legacy: one note per changed result, or per row where it has none.
CREATE OR REPLACE FUNCTION evidently_schema.capture_legacy() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms'
AS $function$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO evidently_schema.change_notes (kind, key, collector_result_id)
        SELECT DISTINCT CASE WHEN r.collector_result_id IS NULL THEN 'row' ELSE 'result' END,
            CASE WHEN r.collector_result_id IS NULL THEN r.id::text END, r.collector_result_id
        FROM new_rows AS r;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO evidently_schema.change_notes (kind, key, collector_result_id)
        SELECT DISTINCT CASE WHEN r.collector_result_id IS NULL THEN 'row' ELSE 'result' END,
            CASE WHEN r.collector_result_id IS NULL THEN r.id::text END, r.collector_result_id
        FROM old_rows AS r;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO evidently_schema.change_notes (kind, key, collector_result_id)
        SELECT DISTINCT CASE WHEN r.collector_result_id IS NULL THEN 'row' ELSE 'result' END,
            CASE WHEN r.collector_result_id IS NULL THEN r.id::text END, r.collector_result_id
        FROM (SELECT o.id, o.collector_result_id FROM old_rows AS o UNION ALL SELECT n.id, n.collector_result_id FROM new_rows AS n) AS r;
    ELSE
        INSERT INTO evidently_schema.change_notes (kind, key) VALUES ('all', TG_TABLE_NAME);
    END IF;
    RETURN NULL;
EXCEPTION
    WHEN OTHERS THEN
        RETURN NULL; -- the application's statement comes first; verification shows what was not noted
END
$function$;

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
        RETURN NULL; -- the application's statement comes first; verification shows what was not noted
END
$function$;

-- A fact deleted by a parent's cascade, or by hand, is a result whose legacy rows, if any are left, need another look.
CREATE OR REPLACE FUNCTION evidently_schema.capture_star() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '100ms'
AS $function$
BEGIN
    IF current_setting('evidently_schema.projecting', true) = 'on' THEN
        RETURN NULL;
    ELSIF TG_OP = 'TRUNCATE' THEN
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

CREATE OR REPLACE TRIGGER evidently_schema_insert AFTER INSERT ON public.extracted_positions REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION evidently_schema.capture_legacy();
CREATE OR REPLACE TRIGGER evidently_schema_update AFTER UPDATE ON public.extracted_positions
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION evidently_schema.capture_legacy();
CREATE OR REPLACE TRIGGER evidently_schema_delete AFTER DELETE ON public.extracted_positions REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION evidently_schema.capture_legacy();
CREATE OR REPLACE TRIGGER evidently_schema_truncate AFTER TRUNCATE ON public.extracted_positions
    FOR EACH STATEMENT EXECUTE FUNCTION evidently_schema.capture_legacy();
CREATE OR REPLACE TRIGGER evidently_schema_delete AFTER DELETE ON public.metric_facts REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION evidently_schema.capture_star();
CREATE OR REPLACE TRIGGER evidently_schema_truncate AFTER TRUNCATE ON public.metric_facts
    FOR EACH STATEMENT EXECUTE FUNCTION evidently_schema.capture_star();

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

SELECT evidently_schema.restrict_access('evidently_schema.capture_legacy', 'evidently_schema.capture_parent', 'evidently_schema.capture_star');

$step$);
