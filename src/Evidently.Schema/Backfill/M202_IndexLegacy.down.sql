-- Drops the index if it is ours; one the host had bears another name. Nobody waits.
DROP INDEX CONCURRENTLY IF EXISTS public.idx_extracted_positions_evidently_schema;
