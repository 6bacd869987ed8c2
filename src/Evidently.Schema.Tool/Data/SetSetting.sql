UPDATE evidently_schema.settings AS s SET value = $2 WHERE s.name = $1
RETURNING s.value;
