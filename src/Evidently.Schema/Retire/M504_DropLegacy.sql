-- The table goes, without CASCADE, and the view is over star and residue from here on. The parents' triggers go too: nothing is noted any more. All
-- together ACCESS EXCLUSIVE for milliseconds.
CALL evidently_schema.step(ARRAY['extracted_positions', 'extracted_positions_archived', 'collector_results', 'generated_queries', 'brand_competitors', 'brands', 'customers', 'metric_facts', 'competitor_metrics'], $step$

DO $drop$
DECLARE
    archived constant regclass := to_regclass('public.extracted_positions_archived');
    secured boolean := (SELECT a.row_security FROM evidently_schema.archive_state AS a);
    rows bigint;
    owned record;
    gone record;
BEGIN
    IF archived IS NULL THEN
        RETURN; -- done by a run that was killed then
    END IF;
    IF (SELECT count(*) FROM evidently_schema.kept_changes) > 200 OR EXISTS (SELECT FROM evidently_schema.change_notes) THEN
        RAISE EXCEPTION USING ERRCODE = 'EV012', MESSAGE = 'The legacy table cannot be dropped: it is being written to. Nothing was dropped.',
            HINT = 'SELECT * FROM evidently_schema.legacy_usage(); says by whom. Run it again.';
    END IF;
    PERFORM evidently_schema.keep_again();
    IF EXISTS (SELECT FROM evidently_schema.kept_changes) THEN
        RAISE lock_not_available; -- a stripe is busy: tried again
    END IF;
    INSERT INTO evidently_schema.events (kind, subject, was, became)
    SELECT 'cleanup', 'extracted_positions_archived', format('%s rows by the server''s estimate', c.reltuples::bigint), 'dropped' FROM pg_catalog.pg_class AS c WHERE c.oid = archived;

    -- The ids go on where the table's were.
    FOR owned IN SELECT s.name, s.identity_kind, pg_catalog.pg_get_serial_sequence(archived::text, s.name) AS sequence
        FROM evidently_schema.legacy_shape(archived) AS s WHERE pg_catalog.pg_get_serial_sequence(archived::text, s.name) IS NOT NULL
    LOOP
        IF owned.identity_kind = '' THEN
            EXECUTE format('ALTER SEQUENCE %s OWNED BY NONE', owned.sequence);
        ELSIF owned.name = 'id' THEN
            CREATE SEQUENCE evidently_schema.legacy_id_seq;
            PERFORM setval('evidently_schema.legacy_id_seq', nextval(owned.sequence::regclass));
        END IF;
    END LOOP;

    DROP TRIGGER evidently_schema_1_before ON public.extracted_positions;
    DROP TRIGGER evidently_schema_2_write ON public.extracted_positions;
    DROP TRIGGER evidently_schema_3_after ON public.extracted_positions;
    PERFORM evidently_schema.make_star_writer(archived, to_regclass('evidently_schema.legacy_id_seq'), true), evidently_schema.make_retired_view(archived, secured), evidently_schema.make_retired();
    CREATE TRIGGER evidently_schema_1_refuse INSTEAD OF INSERT OR UPDATE OR DELETE ON public.extracted_positions
        FOR EACH ROW EXECUTE FUNCTION evidently_schema.refuse_view_write();

    IF secured THEN
        PERFORM evidently_schema.make_residue_policies(archived);
    END IF;

    FOR gone IN
        SELECT format('DROP TRIGGER %I ON %s', t.tgname, t.tgrelid::regclass) AS statement
        FROM pg_catalog.pg_trigger AS t JOIN pg_catalog.pg_proc AS p ON p.oid = t.tgfoid
        WHERE p.pronamespace = 'evidently_schema'::regnamespace AND p.proname IN ('capture_legacy', 'capture_parent', 'capture_star', 'capture_replicated', 'note_kept_change', 'note_kept_star')
        UNION ALL
        SELECT format('DROP FUNCTION %s', f.oid::regprocedure)
        FROM pg_catalog.pg_proc AS f WHERE f.pronamespace = 'evidently_schema'::regnamespace AND f.prokind = 'f'
            AND (f.proname LIKE 'capture_%' OR f.proname LIKE 'legacy_get_%' OR f.proname IN ('sync_results', 'drain_on_the_way', 'project', 'project_fresh', 'project_scored', 'project_safely', 'reject_result',
                'reject_without_result', 'lock_loose_rows', 'results_of_note', 'expand_parent_notes', 'running_transactions', 'drain_results', 'due_results', 'drain_batch',
                'wrong_results', 'start_backfill', 'next_results', 'copy_batch', 'without_star_only', 'bring_back', 'copy_back', 'before_view_row', 'write_view_row', 'after_view_statement',
                'make_view', 'make_view_triggers', 'make_star_writer', 'make_residue', 'make_residue_policies', 'make_retired', 'keep_batch', 'keep_again', 'keep_ids', 'keep_residue', 'kept_next', 'note_kept_change', 'note_kept_star',
                'asks_who', 'archive_obstacles', 'cleanup_obstacles', 'compare_read', 'run_shadow', 'legacy_brand_days', 'legacy_processed', 'legacy_created', 'projected_rows_of', 'create_read', 'route_read', 'without_refused', 'copy_grants'))
        UNION ALL
        SELECT format('DROP PROCEDURE %s', f.oid::regprocedure) FROM pg_catalog.pg_proc AS f
        WHERE f.pronamespace = 'evidently_schema'::regnamespace AND f.prokind = 'p' AND f.proname IN ('finish_backfill', 'settle')
        UNION ALL
        SELECT 'DROP VIEW IF EXISTS evidently_schema.projected_brand_rows, evidently_schema.compared_rows, evidently_schema.covered_results, evidently_schema.projected_rejected_rows,
            evidently_schema.projected_competitor_sentiment, evidently_schema.projected_brand_sentiment, evidently_schema.projected_competitor_metrics,
            evidently_schema.projected_brand_metrics, evidently_schema.projected_metric_facts, evidently_schema.projected_rows, evidently_schema.legacy_rows, evidently_schema.spare_indexes'
    LOOP
        EXECUTE gone.statement;
    END LOOP;
    UPDATE evidently_schema.read_routes SET shadow = false WHERE shadow;
    DROP TABLE evidently_schema.kept_changes, evidently_schema.detached_objects;
    DROP TABLE public.extracted_positions_archived;
    DELETE FROM evidently_schema.star_only_results;
    UPDATE evidently_schema.archive_state SET dropped_at = clock_timestamp();
END
$drop$;

$step$, 'ACCESS EXCLUSIVE');
