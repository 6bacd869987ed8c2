-- What was dropped comes back from a backup only.
DO $do$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_catalog.pg_attribute AS a WHERE a.attrelid = 'public.collector_results'::regclass AND a.attname = 'raw_answer' AND NOT a.attisdropped) THEN
        RAISE EXCEPTION USING ERRCODE = 'EV007', MESSAGE = 'drop-raw-answer cannot be rolled back: collector_results.raw_answer was dropped. Nothing was changed.',
            HINT = 'ALTER TABLE public.collector_results ADD COLUMN raw_answer text; then fill it by id from the backup you made before.';
    END IF;
END
$do$;
