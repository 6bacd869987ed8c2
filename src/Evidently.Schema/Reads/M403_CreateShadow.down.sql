-- Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

SELECT evidently_schema.refuse_after(4);

DROP FUNCTION IF EXISTS evidently_schema.run_shadow(integer), evidently_schema.compare_read(text, jsonb),
    evidently_schema.note_call(text, text, jsonb);
DROP TABLE IF EXISTS evidently_schema.shadow_calls, evidently_schema.read_mismatches, evidently_schema.read_comparisons;

$step$);
