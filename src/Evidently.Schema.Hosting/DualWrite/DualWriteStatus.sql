SELECT s.mode, s.notes, EXTRACT(EPOCH FROM s.oldest)::double precision, s.failing, s.last_error
FROM evidently_schema.dual_write_status AS s;
