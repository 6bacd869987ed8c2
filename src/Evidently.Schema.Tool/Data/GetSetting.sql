SELECT s.value, s.changed_at, s.changed_by FROM evidently_schema.settings AS s WHERE s.name = $1;
