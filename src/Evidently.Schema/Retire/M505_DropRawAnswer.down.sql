-- What was dropped comes back from a backup only, and what went with it by the statements that were kept.
DO $do$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = 'public.collector_results'::regclass AND a.attname = 'raw_answer' AND NOT a.attisdropped) THEN
        RAISE EXCEPTION USING ERRCODE = 'EV007', MESSAGE = 'drop-raw-answer cannot be rolled back: collector_results.raw_answer was dropped. Nothing was changed.',
            HINT = pg_catalog.format('Make the column again, fill it by id from the backup you made before, then make again what went with it: %s', coalesce(
                (SELECT e.reason FROM evidently_schema.events AS e WHERE e.kind = 'drop-raw-answer' ORDER BY e.id DESC LIMIT 1), 'ALTER TABLE public.collector_results ADD COLUMN raw_answer text;'));
    END IF;
END
$do$;
