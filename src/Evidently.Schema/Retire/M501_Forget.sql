-- What archiving kept is not needed any more: after Down, or when an archive was begun that never came to the swap. metric_facts ACCESS EXCLUSIVE for milliseconds: two foreign keys refer to it.
CALL evidently_schema.step(ARRAY['metric_facts'], $step$

SELECT evidently_schema.refuse_after(4);

ALTER TABLE evidently_schema.star_only_results DROP CONSTRAINT IF EXISTS star_only_results_collector_result_id_fkey;
ALTER TABLE evidently_schema.star_only_results DISABLE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS evidently_schema ON evidently_schema.star_only_results;

DO $readers$
DECLARE
    reader record;
BEGIN
    FOR reader IN SELECT DISTINCT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS name
        FROM pg_catalog.pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS a
        WHERE c.oid = 'evidently_schema.star_only_results'::regclass AND a.grantee <> c.relowner AND a.grantee::regrole::text <> 'service_role'
    LOOP
        EXECUTE format('REVOKE ALL ON evidently_schema.star_only_results FROM %s', reader.name);
    END LOOP;
END
$readers$;

DROP FUNCTION IF EXISTS evidently_schema.project_given(bigint[], jsonb), evidently_schema.given_rows(jsonb), evidently_schema.keep_given(jsonb),
    evidently_schema.write_view_row(), evidently_schema.copy_back(bigint[]), evidently_schema.make_view(regclass, boolean),
    evidently_schema.make_view_triggers(regclass, boolean), evidently_schema.make_star_writer(regclass, regclass, boolean), evidently_schema.before_view_row(),
    evidently_schema.after_view_statement(), evidently_schema.bring_back(bigint[]), evidently_schema.without_star_only(bigint[]),
    evidently_schema.copy_grants(regclass, regclass), evidently_schema.asks_who(regclass, oid, text), evidently_schema.archive_obstacles(), evidently_schema.cleanup_obstacles(), evidently_schema.make_residue(regclass),
    evidently_schema.keep_batch(bigint, integer), evidently_schema.keep_again(), evidently_schema.keep_ids(bigint[]), evidently_schema.keep_residue(bigint[]),
    evidently_schema.kept_next(bigint, integer), evidently_schema.note_kept_change(), evidently_schema.note_kept_star(), evidently_schema.make_retired_view(regclass, boolean), evidently_schema.make_residue_policies(regclass),
    evidently_schema.refuse_view_write(), evidently_schema.make_retired(),
    evidently_schema.refuse_for(text, text), evidently_schema.rebuild_query(regclass, text), evidently_schema.legacy_shape(regclass);
DROP PROCEDURE IF EXISTS evidently_schema.settle();
DROP TABLE IF EXISTS evidently_schema.legacy_ids, evidently_schema.legacy_residue, evidently_schema.detached_objects, evidently_schema.archive_state,
    evidently_schema.view_reads, evidently_schema.view_writes, evidently_schema.kept_changes;

$step$, 'ACCESS EXCLUSIVE');
