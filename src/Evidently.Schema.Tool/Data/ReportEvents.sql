SELECT pg_catalog.to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'), e.actor, e.kind, e.subject, e.was, e.became, e.reason
FROM evidently_schema.events AS e
ORDER BY e.id DESC
LIMIT 200;
