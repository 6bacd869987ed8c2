-- Until the transaction ends, which the comparisons of this turn are.
SELECT pg_catalog.set_config('statement_timeout', $1, true);
