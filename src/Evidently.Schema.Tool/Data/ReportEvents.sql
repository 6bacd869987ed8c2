SELECT e.at, e.actor, e.kind, e.subject, e.was, e.became, e.reason
FROM evidently_schema.events AS e
ORDER BY e.id DESC
LIMIT 200;
