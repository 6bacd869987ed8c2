-- Locks no table of the application. Checkpoints and the record of verifications go too, and what a drain has put into the star since 206
-- emptied it.
CALL evidently_schema.step(ARRAY['competitor_sentiment', 'competitor_metrics', 'brand_sentiment', 'brand_metrics', 'metric_facts'], $step$

SELECT evidently_schema.refuse_after(2);

DO $empty$
BEGIN
    IF to_regprocedure('evidently_schema.empty_star()') IS NOT NULL THEN -- else a run that was killed then has emptied it, and nothing has filled it since
        PERFORM evidently_schema.empty_star();
    END IF;
END
$empty$;

DROP VIEW IF EXISTS evidently_schema.backfill_progress, evidently_schema.compared_rows,
    evidently_schema.covered_results, evidently_schema.star_foreign_keys;
DROP PROCEDURE IF EXISTS evidently_schema.build_indexes(), evidently_schema.validate_foreign_keys(), evidently_schema.finish_backfill(), evidently_schema.backfill(integer),
    evidently_schema.drain(integer);
DROP FUNCTION IF EXISTS evidently_schema.empty_star(), evidently_schema.build_index(), evidently_schema.detach_indexes(),
    evidently_schema.attach_foreign_keys(boolean), evidently_schema.repair(), evidently_schema.wrong_results(), evidently_schema.pressure(), evidently_schema.throttle(interval, double precision, double precision), evidently_schema.verify(), evidently_schema.copy_batch(integer), evidently_schema.project_fresh(bigint[]),
    evidently_schema.next_results(integer, bigint, bigint, integer), evidently_schema.start_backfill(), evidently_schema.drain_batch(integer), evidently_schema.drain_turn(integer),
    evidently_schema.due_results(integer, bigint, integer), evidently_schema.drain_results(bigint[]), evidently_schema.results_of_note(bigint, bigint, integer), evidently_schema.expand_parent_notes(integer, integer, bigint), evidently_schema.running_transactions(), evidently_schema.reject_without_result(text[]),
    evidently_schema.project_safely(bigint[], timestamptz), evidently_schema.reject_result(bigint, text), evidently_schema.project(bigint[]),
    evidently_schema.lock_stripes(bigint[]), evidently_schema.lock_loose_rows(), evidently_schema.stripe(bigint);
DROP TABLE IF EXISTS evidently_schema.star_only_results, evidently_schema.detached_indexes, evidently_schema.verifications, evidently_schema.backfill_lanes, evidently_schema.backfill_runs;

$step$, 'ACCESS EXCLUSIVE');
