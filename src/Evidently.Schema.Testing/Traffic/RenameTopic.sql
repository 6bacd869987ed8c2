UPDATE generated_queries SET topic = $2 WHERE id = $1;
