-- Back to capture: every change is noted again. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

SELECT evidently_schema.refuse_after(3);
UPDATE evidently_schema.settings SET value = 'capture' WHERE name = 'dual_write' AND value <> 'capture';

$step$);
