DELETE FROM generated_queries WHERE id = $1;
