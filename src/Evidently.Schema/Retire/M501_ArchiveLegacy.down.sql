-- The swap back: the view goes and the table takes its name again, in one transaction that holds it for milliseconds. A writer to the star alone that began
-- before holds the table too: what it wrote is brought back here. The view is locked first, as whoever uses it does.
CALL evidently_schema.step(ARRAY['extracted_positions', 'extracted_positions_archived', 'metric_facts', 'competitor_metrics'], $step$

DO $restore$
DECLARE
    archived constant regclass := to_regclass('public.extracted_positions_archived');
BEGIN
    IF archived IS NULL THEN
        RETURN; -- done by a run that was killed then
    END IF;
    PERFORM evidently_schema.refuse_for('extracted_positions cannot be brought back', $open$
        SELECT format('%s %s is made on the view extracted_positions', d.kind, d.object), d.remove
        FROM evidently_schema.dependents('public.extracted_positions'::regclass) AS d WHERE d.kind <> 'publication'
    $open$);
    DROP TRIGGER IF EXISTS evidently_schema_kept ON public.extracted_positions_archived; -- of a cleanup that was begun
    DROP TRIGGER IF EXISTS evidently_schema_kept ON public.metric_facts;
    DROP TRIGGER IF EXISTS evidently_schema_kept ON public.competitor_metrics;
    UPDATE evidently_schema.settings SET value = 'both' WHERE name = 'write_target' AND value <> 'both'; -- set again meanwhile
    PERFORM evidently_schema.bring_back(ARRAY(SELECT s.collector_result_id FROM evidently_schema.star_only_results AS s));
    CREATE OR REPLACE FUNCTION evidently_schema.callers_defaults(p_items jsonb) RETURNS jsonb LANGUAGE sql AS 'SELECT p_items'; -- as before archive
    PERFORM evidently_schema.copy_grants('public.extracted_positions'::regclass, archived);
    DROP VIEW public.extracted_positions;
    ALTER TABLE public.extracted_positions_archived RENAME TO extracted_positions;
    INSERT INTO evidently_schema.events (kind, subject, was, became)
    VALUES ('archive', 'extracted_positions', 'view of extracted_positions_archived and the star', 'table');
END
$restore$;

$step$, 'ACCESS EXCLUSIVE');
