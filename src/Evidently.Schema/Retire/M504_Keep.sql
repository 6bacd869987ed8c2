-- Keeps what the star does not hold, two hundred results a transaction; nobody waits. Then every row of the table must be accounted for.
DO $do$
DECLARE
    last_id bigint;
    lost bigint;
BEGIN
    COMMIT;
    IF to_regclass('public.extracted_positions_archived') IS NULL THEN
        RETURN; -- done by a run that was killed then
    END IF;
    -- What an earlier run has kept of rows that are gone since, whichever way they went.
    DELETE FROM evidently_schema.legacy_residue AS r WHERE NOT EXISTS (SELECT FROM public.extracted_positions_archived AS ep WHERE ep.id::text = r.legacy_id)
        AND NOT EXISTS (SELECT FROM evidently_schema.star_only_results AS s WHERE s.collector_result_id = r.collector_result_id);
    DELETE FROM evidently_schema.legacy_ids AS i WHERE NOT EXISTS (SELECT FROM public.extracted_positions_archived AS ep WHERE ep.id = i.id)
        AND NOT EXISTS (SELECT FROM evidently_schema.star_only_results AS s WHERE s.collector_result_id = i.collector_result_id);
    INSERT INTO evidently_schema.kept_changes (collector_result_id) VALUES (NULL); -- the rows without a result
    COMMIT;
    LOOP
        last_id := evidently_schema.keep_batch(last_id);
        COMMIT;
        EXIT WHEN last_id IS NULL;
    END LOOP;
    FOR tries IN 1..20 LOOP
        EXIT WHEN evidently_schema.keep_again() = 0;
        COMMIT;
    END LOOP;
    COMMIT;
    SELECT count(*) INTO lost FROM public.extracted_positions_archived AS ep
    WHERE NOT EXISTS (SELECT FROM evidently_schema.legacy_ids AS i WHERE i.id = ep.id)
        AND NOT EXISTS (SELECT FROM evidently_schema.legacy_residue AS r WHERE r.legacy_id = ep.id::text AND r.data ? 'id')
        AND NOT EXISTS (SELECT FROM evidently_schema.kept_changes AS c WHERE c.collector_result_id IS NOT DISTINCT FROM ep.collector_result_id);
    IF lost > 0 THEN
        RAISE EXCEPTION USING ERRCODE = 'EV012', MESSAGE = pg_catalog.format('The legacy table cannot be dropped: %s of its rows are neither in the star nor in the residue. Nothing was dropped.', lost),
            HINT = 'Their stripes were busy: run it again.';
    END IF;
END
$do$;
