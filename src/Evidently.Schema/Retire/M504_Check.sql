-- Drains, verifies, and refuses with every open point (EV012), before anything is locked or changed.
DO $do$
BEGIN
    COMMIT;
    IF to_regclass('public.extracted_positions_archived') IS NULL THEN
        RETURN; -- done by a run that was killed then
    END IF;
    INSERT INTO evidently_schema.usage_samples (archived, reads, writes) SELECT u.archived, u.reads, u.writes FROM evidently_schema.usage_now() AS u;
    CALL evidently_schema.settle();
    PERFORM evidently_schema.refuse_for('The legacy table cannot be dropped', 'SELECT * FROM evidently_schema.cleanup_obstacles()');
END
$do$;
