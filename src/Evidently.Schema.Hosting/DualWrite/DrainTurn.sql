-- Both NULL: it is another node's turn.
SELECT d.projected, d.expanded
FROM evidently_schema.drain_turn($1) AS d;
