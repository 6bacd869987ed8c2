-- From here on writers write to both; then results that were written to the star alone get their legacy rows, two hundred a transaction.
DO $do$
DECLARE
    results bigint[];
BEGIN
    COMMIT;
    IF to_regclass('public.extracted_positions_archived') IS NULL THEN
        RETURN; -- it is back already
    END IF;
    UPDATE evidently_schema.settings SET value = 'both' WHERE name = 'write_target' AND value <> 'both';
    COMMIT;
    LOOP
        results := ARRAY(SELECT s.collector_result_id FROM evidently_schema.star_only_results AS s ORDER BY s.collector_result_id LIMIT 200 FOR UPDATE SKIP LOCKED);
        EXIT WHEN results = '{}';
        PERFORM evidently_schema.bring_back(results);
        COMMIT;
    END LOOP;
    COMMIT;
END
$do$;
