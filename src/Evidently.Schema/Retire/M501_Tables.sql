-- What archiving keeps: what was taken off the table, which legacy ids the rows of results written to the star alone have, and what of them
-- the star does not hold. Locks no table of the application; metric_facts SHARE ROW EXCLUSIVE for milliseconds.
CALL evidently_schema.step(ARRAY['metric_facts'], $step$

CREATE TABLE IF NOT EXISTS evidently_schema.archive_state (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    archived_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    row_security boolean NOT NULL,
    dropping_since timestamptz,
    dropped_at timestamptz
);

COMMENT ON TABLE evidently_schema.archive_state IS 'One row while extracted_positions is archived; row_security: whether the view runs with its caller''s rights';

CREATE TABLE IF NOT EXISTS evidently_schema.detached_objects (
    kind text NOT NULL CHECK (kind IN ('foreign key', 'index')),
    name text NOT NULL,
    definition text NOT NULL,
    afterwards text,
    PRIMARY KEY (kind, name)
);

COMMENT ON TABLE evidently_schema.detached_objects IS
    'What was taken off the archived table, as it is made again; afterwards: its comment, and whatever else hung on it';

CREATE TABLE IF NOT EXISTS evidently_schema.legacy_residue (
    legacy_id text PRIMARY KEY,
    collector_result_id bigint,
    competitor_name text,
    data jsonb NOT NULL
);

CREATE INDEX IF NOT EXISTS idx_legacy_residue_result ON evidently_schema.legacy_residue (collector_result_id);

COMMENT ON TABLE evidently_schema.legacy_residue IS
    'What the star does not hold of a legacy row: data has the columns that differ, or, with the key id, a whole row that is not in the star';

DO $ids$
BEGIN
    EXECUTE format('CREATE TABLE IF NOT EXISTS evidently_schema.legacy_ids (
            id %s PRIMARY KEY,
            collector_result_id bigint NOT NULL REFERENCES public.metric_facts (collector_result_id) ON DELETE CASCADE ON UPDATE CASCADE,
            competitor_id %s)',
        (SELECT format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute AS a
            WHERE a.attrelid = 'public.extracted_positions'::regclass AND a.attname = 'id'),
        (SELECT format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute AS a
            WHERE a.attrelid = 'public.brand_competitors'::regclass AND a.attname = 'id'));
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_constraint AS c
        WHERE c.conrelid = 'evidently_schema.star_only_results'::regclass AND c.conname = 'star_only_results_collector_result_id_fkey')
    THEN
        ALTER TABLE evidently_schema.star_only_results ADD CONSTRAINT star_only_results_collector_result_id_fkey
            FOREIGN KEY (collector_result_id) REFERENCES public.metric_facts (collector_result_id) ON DELETE CASCADE ON UPDATE CASCADE;
    END IF;
END
$ids$;

CREATE INDEX IF NOT EXISTS idx_legacy_ids_result ON evidently_schema.legacy_ids (collector_result_id);

COMMENT ON TABLE evidently_schema.legacy_ids IS 'The ids that rows of results without legacy rows have in the view extracted_positions; competitor_id NULL: the brand''s row';

-- One row. Every statement that reads the view scans it once, and nothing else does: the server's statistics of it count the view's readers.
DO $reads$
BEGIN
    IF to_regclass('evidently_schema.view_reads') IS NULL THEN
        CREATE TABLE evidently_schema.view_reads (counted boolean NOT NULL);
        INSERT INTO evidently_schema.view_reads (counted) VALUES (true);
    END IF;
END
$reads$;

-- Who writes through the view: one row an application and minute at most.
CREATE TABLE IF NOT EXISTS evidently_schema.view_writes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    application_name text NOT NULL,
    actor text NOT NULL
);

CREATE INDEX IF NOT EXISTS idx_view_writes_application ON evidently_schema.view_writes (application_name, at);

-- Where row security decides what a caller sees of the view, it decides here too: by the facts he sees. A row that is kept whole has none to go by: see make_residue_policies.
ALTER TABLE evidently_schema.legacy_ids ENABLE ROW LEVEL SECURITY;
ALTER TABLE evidently_schema.legacy_residue ENABLE ROW LEVEL SECURITY;
ALTER TABLE evidently_schema.star_only_results ENABLE ROW LEVEL SECURITY;

DO $policies$
DECLARE
    guarded text;
BEGIN
    FOREACH guarded IN ARRAY ARRAY['legacy_ids', 'legacy_residue', 'star_only_results'] LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_policy AS p WHERE p.polrelid = ('evidently_schema.' || guarded)::regclass) THEN
            EXECUTE format('CREATE POLICY evidently_schema ON evidently_schema.%I FOR SELECT
                USING (%sEXISTS (SELECT FROM public.metric_facts AS f WHERE f.collector_result_id = %1$I.collector_result_id))', guarded,
                CASE WHEN guarded = 'legacy_residue' THEN 'NOT data ? ''id'' AND ' ELSE '' END);
        END IF;
    END LOOP;
END
$policies$;

-- Not again after the swap, which gives the view's readers what it is made of: a run that was killed then would take it from them.
SELECT evidently_schema.restrict_access('evidently_schema.archive_state', 'evidently_schema.detached_objects', 'evidently_schema.legacy_residue',
    'evidently_schema.legacy_ids', 'evidently_schema.view_reads', 'evidently_schema.view_writes')
WHERE to_regclass('public.extracted_positions_archived') IS NULL;

$step$);
