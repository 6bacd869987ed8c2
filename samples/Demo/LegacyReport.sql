SELECT r.legacy_rows, r.projected_rows, r.rejected_rows, r.rounded_values::bigint, r.results_of_other_customer
FROM evidently_schema.legacy_report AS r;
