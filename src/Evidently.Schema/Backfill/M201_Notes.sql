-- Where changes are noted, and where rows that the star cannot hold are listed. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

CREATE TABLE IF NOT EXISTS evidently_schema.change_notes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    key text,
    collector_result_id bigint,
    noted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts integer NOT NULL DEFAULT 0,
    last_error text
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

CREATE INDEX IF NOT EXISTS idx_change_notes_result ON evidently_schema.change_notes (collector_result_id);
CREATE INDEX IF NOT EXISTS idx_change_notes_parent ON evidently_schema.change_notes (kind) WHERE kind <> 'result'; -- without key: a name may be too long
CREATE INDEX IF NOT EXISTS idx_change_notes_row ON evidently_schema.change_notes (key) WHERE kind = 'row';

COMMENT ON TABLE evidently_schema.change_notes IS
    'Append-only: changes of legacy that are not yet projected. kind: result (collector_result_id), row (a legacy row without result: key '
    'is its id), collector_result, brand, query, customer (key is the id), competitor (key is brand_id/competitor_name), all';

-- A note of a parent is expanded only when every transaction that may have read the parent as it was has ended: the first drain that
-- sees the note stores the first transaction id not yet assigned, a later one expands when all before it have ended, in batches: the
-- results up to expanded_to have notes of their own.
CREATE TABLE IF NOT EXISTS evidently_schema.note_horizons (
    note_id bigint PRIMARY KEY,
    horizon xid8 NOT NULL,
    expanded_to bigint
);

CREATE TABLE IF NOT EXISTS evidently_schema.rejected_rows (
    legacy_id text PRIMARY KEY,
    collector_result_id bigint,
    reason text NOT NULL CHECK (reason IN ('no_result_id', 'no_brand_row', 'missing_parent', 'unknown_competitor', 'out_of_range',
        'superseded', 'invalid', 'unknown_label')),
    detail text,
    first_seen timestamptz NOT NULL DEFAULT clock_timestamp(),
    last_seen timestamptz NOT NULL DEFAULT clock_timestamp(),
    acknowledged boolean NOT NULL DEFAULT false
);

CREATE INDEX IF NOT EXISTS idx_rejected_rows_result ON evidently_schema.rejected_rows (collector_result_id);
CREATE INDEX IF NOT EXISTS idx_rejected_rows_refused ON evidently_schema.rejected_rows (collector_result_id) WHERE detail LIKE 'SQLSTATE %';

COMMENT ON TABLE evidently_schema.rejected_rows IS 'Legacy rows the star does not hold, one reason each; unknown_label rows are held without their label';

-- A rejected row that moves to another result, or to none, may have been moved by a projector whose snapshot is older than the row's own
-- change: the result it is taken from is noted, and the next drain puts it right, or the same one if it is drain() that moved it.
CREATE OR REPLACE FUNCTION evidently_schema.note_moved_row() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    INSERT INTO evidently_schema.change_notes (kind, key, collector_result_id)
    VALUES (CASE WHEN OLD.collector_result_id IS NULL THEN 'row' ELSE 'result' END,
        CASE WHEN OLD.collector_result_id IS NULL THEN OLD.legacy_id END, OLD.collector_result_id);
    PERFORM set_config('evidently_schema.moved', 'on', true);
    RETURN NULL;
END
$function$;

CREATE OR REPLACE TRIGGER note_moved_row AFTER UPDATE ON evidently_schema.rejected_rows
    FOR EACH ROW WHEN (OLD.collector_result_id IS DISTINCT FROM NEW.collector_result_id) EXECUTE FUNCTION evidently_schema.note_moved_row();

-- The notes of parents, with their keys as values; a key that is none matches nothing.
CREATE OR REPLACE VIEW evidently_schema.parent_notes WITH (security_invoker = true) AS
SELECT n.id, n.kind, n.noted_at, n.attempts, n.last_error,
    CASE WHEN n.kind IN ('brand', 'competitor') THEN k.key END AS brand_id,
    CASE WHEN n.kind = 'query' THEN k.key END AS query_id,
    CASE WHEN n.kind = 'customer' THEN k.key END AS customer_id,
    CASE WHEN n.kind = 'competitor' THEN substr(n.key, strpos(n.key, '/') + 1) END AS competitor_name
FROM evidently_schema.change_notes AS n
CROSS JOIN LATERAL (SELECT CASE WHEN split_part(n.key, '/', 1) ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
    THEN split_part(n.key, '/', 1)::uuid END) AS k (key)
WHERE n.kind NOT IN ('result', 'row', 'collector_result');

-- One row a noted result. A query's note counts the results of its facts; other parents' notes would cost a scan: one row with NULL.
CREATE OR REPLACE VIEW evidently_schema.pending_results WITH (security_invoker = true) AS
SELECT p.collector_result_id, min(p.noted_at) AS noted_at, max(p.attempts) AS attempts, (array_agg(p.last_error ORDER BY p.id DESC))[1] AS last_error
FROM (
    SELECT n.id, n.collector_result_id, n.noted_at, n.attempts, n.last_error, CASE WHEN n.kind = 'row' THEN n.id END AS apart
    FROM evidently_schema.change_notes AS n
    WHERE n.kind IN ('result', 'row', 'collector_result')
    UNION ALL
    SELECT n.id, f.collector_result_id, n.noted_at, n.attempts, n.last_error, CASE WHEN f.id IS NULL THEN n.id END
    FROM evidently_schema.parent_notes AS n
    LEFT JOIN public.metric_facts AS f ON f.query_id = n.query_id
) AS p
GROUP BY p.collector_result_id, p.apart;

-- Where each column of legacy goes: mapped to the star, derivable from elsewhere, or kept in the residue when legacy is retired.
CREATE OR REPLACE VIEW evidently_schema.legacy_columns WITH (security_invoker = true) AS
SELECT a.attname::text AS column_name, format_type(a.atttypid, a.atttypmod) AS data_type,
    CASE
        WHEN a.attname IN ('collector_result_id', 'brand_id', 'customer_id', 'query_id', 'collector_type', 'competitor_name', 'processed_at',
            'created_at', 'visibility_index', 'visibility_index_competitor', 'share_of_answers_brand', 'share_of_answers_competitor',
            'has_brand_presence', 'brand_first_position', 'brand_positions', 'competitor_positions', 'total_brand_mentions',
            'competitor_mentions', 'total_word_count', 'topic', 'sentiment_label', 'sentiment_score', 'sentiment_positive_sentences',
            'sentiment_negative_sentences', 'sentiment_label_competitor', 'sentiment_score_competitor',
            'sentiment_positive_sentences_competitor', 'sentiment_negative_sentences_competitor') THEN 'mapped'
        WHEN a.attname IN ('raw_answer', 'brand_name') THEN 'derived'
        ELSE 'residue'
    END AS fate
FROM pg_catalog.pg_attribute AS a
WHERE a.attrelid = to_regclass('public.extracted_positions') AND a.attnum > 0 AND NOT a.attisdropped;

SELECT evidently_schema.restrict_access('evidently_schema.legacy_columns', 'evidently_schema.change_notes', 'evidently_schema.note_horizons', 'evidently_schema.rejected_rows',
    'evidently_schema.note_moved_row', 'evidently_schema.parent_notes', 'evidently_schema.pending_results');

$step$);
