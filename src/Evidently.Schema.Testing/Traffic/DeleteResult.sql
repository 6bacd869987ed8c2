DELETE FROM collector_results WHERE id = $1;
