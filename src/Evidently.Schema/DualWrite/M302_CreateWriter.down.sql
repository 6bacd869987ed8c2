-- Hosts that still call it get an error: move them back to statements of their own first. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

SELECT evidently_schema.refuse_after(2);

DROP FUNCTION IF EXISTS evidently_schema.save_positions(bigint, jsonb, jsonb), evidently_schema.position_rows(bigint, jsonb, jsonb), evidently_schema.lock_parents(bigint, jsonb),
    evidently_schema.save_star(bigint, jsonb), evidently_schema.callers_defaults(jsonb), evidently_schema.caller_is_revoked(), evidently_schema.grant_star_writer(),
    evidently_schema.legacy_usage(), evidently_schema.usage_now(), evidently_schema.dependents(regclass);
DROP TABLE IF EXISTS evidently_schema.usage_samples;

$step$);
