-- A canary would raise one service after the other, 10, 50, 100.
UPDATE evidently_schema.read_routes SET star_percent = 100, reason = 'the demo';
