SELECT r.service, r.star_percent, r.shadow, r.reason FROM evidently_schema.read_routes AS r ORDER BY r.service;
