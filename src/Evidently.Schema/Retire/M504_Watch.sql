-- From here on a change of the archived table is noted, to be kept again. SHARE ROW EXCLUSIVE for milliseconds.
CALL evidently_schema.step(ARRAY['extracted_positions_archived'], $step$

DO $watch$
BEGIN
    IF to_regclass('public.extracted_positions_archived') IS NULL THEN
        RETURN; -- done by a run that was killed then
    END IF;
    CREATE OR REPLACE TRIGGER evidently_schema_kept AFTER INSERT OR UPDATE OR DELETE ON public.extracted_positions_archived
        FOR EACH ROW EXECUTE FUNCTION evidently_schema.note_kept_change();
    UPDATE evidently_schema.archive_state SET dropping_since = clock_timestamp() WHERE dropping_since IS NULL;
END
$watch$;

$step$);
