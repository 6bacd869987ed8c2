-- The star's foreign keys: which there are, attaching them, validating them; and the indexes that are built after the copy. Creating this
-- locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

CREATE OR REPLACE VIEW evidently_schema.star_foreign_keys WITH (security_invoker = true) AS
SELECT pg_catalog.format('%I.%I', 'public', k.child) AS relation, k.child || '_' || k.col || '_fkey' AS name, k.col AS column_name,
    pg_catalog.format('%I.%I', 'public', k.parent) AS parent, c.oid IS NOT NULL AS attached, coalesce(c.convalidated, false) AS validated
FROM (VALUES
    ('metric_facts', 'collector_result_id', 'collector_results'),
    ('metric_facts', 'brand_id', 'brands'),
    ('metric_facts', 'customer_id', 'customers'),
    ('metric_facts', 'query_id', 'generated_queries'),
    ('brand_metrics', 'metric_fact_id', 'metric_facts'),
    ('competitor_metrics', 'metric_fact_id', 'metric_facts'),
    ('competitor_metrics', 'competitor_id', 'brand_competitors'),
    ('brand_sentiment', 'metric_fact_id', 'metric_facts'),
    ('competitor_sentiment', 'metric_fact_id', 'metric_facts'),
    ('competitor_sentiment', 'competitor_id', 'brand_competitors')
) AS k (child, col, parent)
LEFT JOIN pg_catalog.pg_constraint AS c ON c.conrelid = to_regclass('public.' || k.child) AND c.conname = k.child || '_' || k.col || '_fkey'
    AND c.contype = 'f';

-- Attaches what is not attached; validates at once only an empty star.
CREATE OR REPLACE FUNCTION evidently_schema.attach_foreign_keys(p_validate boolean) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    missing record;
BEGIN
    FOR missing IN SELECT * FROM evidently_schema.star_foreign_keys AS k
        WHERE NOT k.attached AND to_regclass(k.relation) IS NOT NULL AND to_regclass(k.parent) IS NOT NULL
    LOOP
        EXECUTE pg_catalog.format('ALTER TABLE %s ADD CONSTRAINT %I FOREIGN KEY (%I) REFERENCES %s (id) ON DELETE CASCADE %s%s', missing.relation,
            missing.name, missing.column_name, missing.parent,
            CASE WHEN missing.parent <> 'public.metric_facts' THEN 'ON UPDATE CASCADE ' ELSE '' END, CASE WHEN p_validate THEN '' ELSE 'NOT VALID' END);
    END LOOP;
END
$function$;

-- Validates each foreign key in a transaction of its own. Where it does not hold, rows whose parent was deleted while it was detached are
-- deleted, a thousand a transaction, waiting 20 ms at most for a row the application holds, and it is tried again for at most
-- evidently_schema.lock_patience; the parent's note, or the fact's, re-projects what is left of the result.
CREATE OR REPLACE PROCEDURE evidently_schema.validate_foreign_keys()
LANGUAGE plpgsql
AS $procedure$
DECLARE
    patience constant interval := coalesce(nullif(current_setting('evidently_schema.lock_patience', true), ''), '60 seconds')::interval;
    give_up_at timestamptz := clock_timestamp() + patience;
    loose record;
    orphans bigint;
BEGIN
    COMMIT;
    LOOP
        SELECT * INTO loose FROM evidently_schema.star_foreign_keys AS k WHERE k.attached AND NOT k.validated LIMIT 1;
        EXIT WHEN NOT FOUND;
        orphans := 0;
        BEGIN
            EXECUTE pg_catalog.format('ALTER TABLE %s VALIDATE CONSTRAINT %I', loose.relation, loose.name);
            give_up_at := clock_timestamp() + patience;
        EXCEPTION
            WHEN foreign_key_violation THEN
                orphans := NULL; -- deleted below, in transactions of their own
        END;
        COMMIT;
        WHILE orphans IS NULL OR orphans > 0 LOOP
            BEGIN
                PERFORM pg_catalog.set_config('lock_timeout', '20', true);
                EXECUTE pg_catalog.format('DELETE FROM %s AS t WHERE t.ctid = ANY (ARRAY(SELECT o.ctid FROM %1$s AS o
                    WHERE NOT EXISTS (SELECT FROM %s AS p WHERE p.id = o.%I) LIMIT 1000))', loose.relation, loose.parent, loose.column_name);
                GET DIAGNOSTICS orphans = ROW_COUNT;
                IF orphans > 0 THEN
                    give_up_at := clock_timestamp() + patience;
                END IF;
            EXCEPTION
                WHEN lock_not_available OR deadlock_detected THEN
                    orphans := NULL; -- a row is held: tried again when the others have gone on
            END;
            COMMIT;
            EXIT WHEN clock_timestamp() > give_up_at;
            IF orphans IS NULL THEN
                PERFORM pg_catalog.pg_sleep(0.05);
            END IF;
        END LOOP;
        IF clock_timestamp() > give_up_at THEN
            RAISE EXCEPTION USING ERRCODE = 'EV005',
                MESSAGE = pg_catalog.format('%s of %s could not be validated within %s: rows without a parent are held by another transaction.',
                    loose.name, loose.relation, patience),
                HINT = 'End that transaction or wait for it, then run the migration again.';
        END IF;
    END LOOP;
END
$procedure$;

-- The star's indexes that no projector needs while history is copied, taken off the empty star: built at once over the copied rows they cost
-- less than row by row, and are smaller. Nobody reads the star before phase 4. Not those that may refuse a row, by a value too
-- long: idx_metric_facts_topic must do so while each result is copied, not when all of them are. And not a host's own. With them the primary keys of
-- metric_facts' children, whose ids nothing refers to; where a host does, or publishes the table by its key, the key stays.
CREATE TABLE IF NOT EXISTS evidently_schema.detached_indexes (
    name text PRIMARY KEY,
    relation text NOT NULL,
    definition text NOT NULL
);

CREATE OR REPLACE FUNCTION evidently_schema.detach_indexes() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    spare record;
BEGIN
    FOR spare IN
        SELECT i.indexrelid::regclass::text AS name, i.indrelid::regclass::text AS relation, pg_get_indexdef(i.indexrelid) AS definition, k.conname AS key
        FROM pg_index AS i
        JOIN (VALUES ('metric_facts', 'idx_metric_facts_brand_processed'), ('metric_facts', 'idx_metric_facts_brand_collector'),
            ('metric_facts', 'idx_metric_facts_query'), ('metric_facts', 'idx_metric_facts_customer'),
            ('brand_metrics', 'idx_brand_metrics_visibility'), ('competitor_metrics', 'idx_competitor_metrics_comp'),
            ('competitor_metrics', 'idx_competitor_metrics_visibility'), ('brand_sentiment', 'idx_brand_sentiment_label'),
            ('competitor_sentiment', 'idx_competitor_sentiment_comp'),
            ('brand_metrics', 'brand_metrics_pkey'), ('competitor_metrics', 'competitor_metrics_pkey'), ('brand_sentiment', 'brand_sentiment_pkey'),
            ('competitor_sentiment', 'competitor_sentiment_pkey')
        ) AS s (relation, name) ON i.indexrelid = to_regclass('public.' || s.name) AND i.indrelid = to_regclass('public.' || s.relation)
        LEFT JOIN pg_constraint AS k ON k.conindid = i.indexrelid AND k.contype = 'p'
        WHERE i.indisvalid AND (k.oid IS NOT NULL) = (s.name LIKE '%_pkey') AND (k.oid IS NULL
            OR NOT EXISTS (SELECT FROM pg_depend AS d WHERE d.deptype = 'n' AND (d.refclassid = 'pg_constraint'::regclass AND d.refobjid = k.oid
                    OR d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indexrelid))
                AND NOT EXISTS (SELECT FROM pg_publication_tables AS p WHERE p.schemaname = 'public' AND p.tablename = s.relation)
                AND NOT i.indisclustered AND NOT i.indisreplident)
    LOOP
        INSERT INTO evidently_schema.detached_indexes (name, relation, definition)
        VALUES (spare.name, spare.relation, regexp_replace(spare.definition, '^CREATE (UNIQUE )?INDEX ', 'CREATE \1INDEX IF NOT EXISTS '))
        ON CONFLICT (name) DO UPDATE SET relation = excluded.relation, definition = excluded.definition; -- made again by hand
        IF spare.key IS NULL THEN
            EXECUTE format('DROP INDEX %s', spare.name);
        ELSE
            EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', spare.relation, spare.key);
        END IF;
    END LOOP;
END
$function$;

-- Builds one of them that no other session builds, of the largest table first, and says whether there was one. SHARE on its table: it waits for
-- projectors, and they for it; the application's statements do not touch the star while its foreign keys are detached.
CREATE OR REPLACE FUNCTION evidently_schema.build_index() RETURNS boolean
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    spare record;
BEGIN
    SELECT * INTO spare FROM evidently_schema.detached_indexes AS d
    ORDER BY pg_relation_size(to_regclass(d.relation)) DESC NULLS LAST, d.name LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF to_regclass(spare.relation) IS NOT NULL THEN -- else dropped by hand
        EXECUTE spare.definition;
    END IF;
    DELETE FROM evidently_schema.detached_indexes AS d WHERE d.name = spare.name;
    RETURN true;
END
$function$;

-- All of them, each in a transaction of its own. Several sessions may run it at once; each returns when all are built.
CREATE OR REPLACE PROCEDURE evidently_schema.build_indexes()
LANGUAGE plpgsql
AS $procedure$
DECLARE
    built boolean;
BEGIN
    COMMIT;
    LOOP
        built := evidently_schema.build_index();
        COMMIT;
        EXIT WHEN NOT EXISTS (SELECT FROM evidently_schema.detached_indexes);
        IF NOT built THEN
            COMMIT;
            PERFORM pg_catalog.pg_sleep(0.01);
        END IF;
    END LOOP;
END
$procedure$;

-- Empties the star, its daily view with it. The caller holds its tables.
CREATE OR REPLACE FUNCTION evidently_schema.empty_star() RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
DECLARE
    star text := (SELECT string_agg(t.relation, ', ') FROM (SELECT DISTINCT k.relation FROM evidently_schema.star_foreign_keys AS k) AS t
        WHERE to_regclass(t.relation) IS NOT NULL);
BEGIN
    PERFORM set_config('evidently_schema.projecting', 'on', true);
    IF star IS NOT NULL THEN
        EXECUTE 'TRUNCATE ' || star || ' RESTART IDENTITY';
    END IF;
    INSERT INTO evidently_schema.touched_days (brand_id, metric_date) VALUES (NULL, NULL); -- stays when another session is just refreshing
    IF to_regclass('public.mv_brand_daily_metrics') IS NOT NULL THEN -- goes with a table dropped by hand
        PERFORM public.refresh_mv_brand_daily_metrics();
    END IF;
END
$function$;

SELECT evidently_schema.restrict_access('evidently_schema.empty_star', 'evidently_schema.detached_indexes', 'evidently_schema.detach_indexes', 'evidently_schema.build_index',
    'evidently_schema.build_indexes', 'evidently_schema.star_foreign_keys', 'evidently_schema.attach_foreign_keys',
    'evidently_schema.validate_foreign_keys');

$step$);
