SELECT p.lock_waiters::double precision
FROM evidently_schema.pressure() AS p;
