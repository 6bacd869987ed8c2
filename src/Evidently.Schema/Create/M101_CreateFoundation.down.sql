-- Leaves the schema with FluentMigrator's version table, which FluentMigrator drops itself when nothing is applied any more.
DO $do$
BEGIN
    IF to_regprocedure('evidently_schema.refuse_after(integer)') IS NULL THEN
        RETURN; -- this Down has run before
    END IF;
    PERFORM evidently_schema.refuse_after(1);
    IF to_regclass('public.metric_facts') IS NOT NULL THEN
        RAISE EXCEPTION USING ERRCODE = 'EV007', MESSAGE = 'The foundation cannot be removed: public.metric_facts is still there.',
            HINT = 'Roll back migrations 102 to 108 first; where none is listed as applied, one was interrupted: migrate up before. Nothing was changed.';
    END IF;
    DROP TABLE IF EXISTS evidently_schema.settings, evidently_schema.events, evidently_schema.leases;
    DROP FUNCTION IF EXISTS evidently_schema.check_setting(), evidently_schema.restrict_access(text[]);
    DROP PROCEDURE IF EXISTS evidently_schema.step(text[], text, text);
    DROP FUNCTION evidently_schema.refuse_after(integer);
END
$do$;
