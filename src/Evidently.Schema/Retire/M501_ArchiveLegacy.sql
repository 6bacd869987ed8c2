-- The swap: the table is renamed and the view takes its name, in one transaction that holds the table for milliseconds.
CALL evidently_schema.step(ARRAY['extracted_positions'], $step$

DO $archive$
DECLARE
    secured boolean;
    archived constant text := 'public.extracted_positions_archived';
    reader record;
BEGIN
    IF to_regclass(archived) IS NOT NULL THEN
        RETURN; -- done by a run that was killed then
    END IF;
    PERFORM evidently_schema.refuse_for('extracted_positions cannot be archived', 'SELECT * FROM evidently_schema.archive_obstacles()');
    ALTER TABLE public.extracted_positions RENAME TO extracted_positions_archived;
    secured := (SELECT c.relrowsecurity FROM pg_catalog.pg_class AS c WHERE c.oid = archived::regclass);
    INSERT INTO evidently_schema.archive_state (row_security) VALUES (secured);
    INSERT INTO evidently_schema.usage_samples (archived, reads, writes) SELECT true, 0, u.writes FROM evidently_schema.usage_now() AS u;
    PERFORM evidently_schema.make_view(archived::regclass, secured), evidently_schema.make_view_triggers(archived::regclass, secured),
        evidently_schema.make_star_writer(archived::regclass), evidently_schema.grant_star_writer();
    -- What the view is made of is read with the caller's rights then; without USAGE on the schema, through the view alone.
    FOR reader IN SELECT DISTINCT CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_catalog.pg_get_userbyid(a.grantee)) END AS name
        FROM pg_catalog.pg_class AS c CROSS JOIN LATERAL aclexplode(c.relacl) AS a WHERE c.oid = archived::regclass AND a.grantee <> c.relowner AND secured
    LOOP
        EXECUTE format('GRANT SELECT ON evidently_schema.star_only_results, evidently_schema.legacy_ids, evidently_schema.legacy_residue, evidently_schema.view_reads TO %s', reader.name);
    END LOOP;
    INSERT INTO evidently_schema.events (kind, subject, was, became) VALUES ('archive', 'extracted_positions', 'table', 'view of extracted_positions_archived and the star');
END
$archive$;

$step$, 'ACCESS EXCLUSIVE');
