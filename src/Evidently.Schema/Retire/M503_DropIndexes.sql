-- What is left of them: in a generated script, all. ACCESS EXCLUSIVE on the archived table for milliseconds.
CALL evidently_schema.step(ARRAY['extracted_positions_archived'], $step$

DO $drop$
DECLARE
    spare record;
BEGIN
    FOR spare IN SELECT s.name FROM evidently_schema.spare_indexes AS s LOOP
        EXECUTE format('DROP INDEX public.%I', spare.name);
    END LOOP;
END
$drop$;

$step$, 'ACCESS EXCLUSIVE');
