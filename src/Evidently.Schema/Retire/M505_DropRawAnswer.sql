-- The column goes, without CASCADE; the view is made again without it. ACCESS EXCLUSIVE on collector_results for milliseconds.
CALL evidently_schema.step(ARRAY['extracted_positions', 'collector_results'], $step$

DO $drop$
DECLARE
    recipe constant text := (SELECT string_agg(r.statement, ' ' ORDER BY r.n, r.kind, r.object) FROM evidently_schema.answer_recipe() AS r);
BEGIN
    IF recipe IS NULL THEN
        RETURN; -- done by a run that was killed then
    END IF;
    ALTER TABLE public.collector_results RENAME COLUMN raw_answer TO evidently_schema_dropped;
    PERFORM evidently_schema.make_retired_view('public.extracted_positions'::regclass, (SELECT a.row_security FROM evidently_schema.archive_state AS a));
    ALTER TABLE public.collector_results DROP COLUMN evidently_schema_dropped;
    INSERT INTO evidently_schema.events (kind, subject, was, became, reason) VALUES ('drop-raw-answer', 'collector_results.raw_answer', 'column', 'dropped', recipe);
END
$drop$;

$step$, 'ACCESS EXCLUSIVE');
