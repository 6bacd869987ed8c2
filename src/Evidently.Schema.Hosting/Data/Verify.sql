SELECT v.check_name, v.missing, v.extra, v.different, v.ok
FROM evidently_schema.verify() AS v;
