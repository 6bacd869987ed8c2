-- What the star does not hold has been looked at: it stays in the archived table.
UPDATE evidently_schema.rejected_rows SET acknowledged = true WHERE NOT acknowledged;
