SELECT v.at, v.ok
FROM evidently_schema.verifications AS v
ORDER BY v.at DESC
LIMIT 1;
