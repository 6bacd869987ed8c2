-- What the newest verification counted, beside what it read.
SELECT
    (SELECT count(*) FROM public.extracted_positions) AS legacy_rows,
    (SELECT count(*) FROM evidently_schema.rejected_rows) AS rejected_rows,
    v.rounded_values,
    v.other_customers
FROM evidently_schema.verifications AS v
ORDER BY v.id DESC
LIMIT 1;
