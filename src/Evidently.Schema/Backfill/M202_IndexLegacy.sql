-- Waits for transactions that use the table, never makes them wait. Skipped over the placeholder of the statement before.
CREATE INDEX CONCURRENTLY IF NOT EXISTS idx_extracted_positions_evidently_schema ON public.extracted_positions (collector_result_id);
