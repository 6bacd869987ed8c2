-- The column goes, without CASCADE; the view is made again without it. ACCESS EXCLUSIVE on collector_results for milliseconds.
CALL evidently_schema.step(ARRAY['extracted_positions', 'collector_results'], $step$

DO $drop$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = 'public.collector_results'::regclass AND a.attname = 'raw_answer' AND NOT a.attisdropped) THEN
        RETURN; -- done by a run that was killed then
    END IF;
    ALTER TABLE public.collector_results RENAME COLUMN raw_answer TO evidently_schema_dropped;
    PERFORM evidently_schema.make_retired_view('public.extracted_positions'::regclass, (SELECT a.row_security FROM evidently_schema.archive_state AS a));
    ALTER TABLE public.collector_results DROP COLUMN evidently_schema_dropped;
    INSERT INTO evidently_schema.events (kind, subject, was, became) VALUES ('drop-raw-answer', 'collector_results.raw_answer', 'column', 'dropped');
END
$drop$;

$step$, 'ACCESS EXCLUSIVE');
