-- A result's rows, as the application reads them, from the table or what takes its place.
SELECT * FROM extracted_positions WHERE collector_result_id = (SELECT min(id) FROM collector_results WHERE id >= $1);
