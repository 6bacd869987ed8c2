SELECT v.version
FROM evidently_schema.version_info AS v
ORDER BY v.version;
