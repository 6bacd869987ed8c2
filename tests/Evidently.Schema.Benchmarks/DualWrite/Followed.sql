SELECT (SELECT count(*) FROM metric_facts AS f WHERE f.collector_result_id > $1 AND f.collector_result_id <= $2) AS facts,
    (SELECT bool_and(v.ok) FROM evidently_schema.verify() AS v) AS ok;
