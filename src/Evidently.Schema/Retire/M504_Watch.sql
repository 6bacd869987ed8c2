-- From here on a change of the archived table is noted, to be kept again, and so is a result that leaves the star or changes there. SHARE ROW EXCLUSIVE for milliseconds.
CALL evidently_schema.step(ARRAY['extracted_positions_archived', 'metric_facts', 'competitor_metrics'], $step$

DO $watch$
BEGIN
    IF to_regclass('public.extracted_positions_archived') IS NULL THEN
        RETURN; -- done by a run that was killed then
    END IF;
    CREATE OR REPLACE TRIGGER evidently_schema_kept AFTER INSERT OR UPDATE OR DELETE ON public.extracted_positions_archived
        FOR EACH ROW EXECUTE FUNCTION evidently_schema.note_kept_change();
    CREATE OR REPLACE TRIGGER evidently_schema_kept AFTER UPDATE OR DELETE ON public.metric_facts FOR EACH ROW EXECUTE FUNCTION evidently_schema.note_kept_star();
    CREATE OR REPLACE TRIGGER evidently_schema_kept AFTER DELETE ON public.competitor_metrics FOR EACH ROW EXECUTE FUNCTION evidently_schema.note_kept_star();
    UPDATE evidently_schema.archive_state SET dropping_since = clock_timestamp() WHERE dropping_since IS NULL;
END
$watch$;

$step$);
