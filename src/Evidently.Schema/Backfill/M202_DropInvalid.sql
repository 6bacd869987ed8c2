-- What a killed build left: it costs every write and serves no read.
DROP INDEX CONCURRENTLY IF EXISTS public.idx_extracted_positions_evidently_schema_invalid;
