DELETE FROM extracted_positions WHERE collector_result_id = $1;
