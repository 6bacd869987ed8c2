-- The views first, then the functions they call. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

SELECT evidently_schema.refuse_after(2);

DROP VIEW IF EXISTS evidently_schema.projected_rejected_rows, evidently_schema.projected_competitor_sentiment,
    evidently_schema.projected_brand_sentiment, evidently_schema.projected_competitor_metrics, evidently_schema.projected_brand_metrics,
    evidently_schema.projected_metric_facts, evidently_schema.projected_rows, evidently_schema.query_topics, evidently_schema.legacy_rows;

DROP FUNCTION IF EXISTS evidently_schema.computed_once(), evidently_schema.positions_broken(integer[]), evidently_schema.positions_broken(jsonb),
    evidently_schema.to_positions(integer[]), evidently_schema.to_positions(jsonb), evidently_schema.to_sentences(text),
    evidently_schema.to_sentences(jsonb), evidently_schema.unwrap(jsonb), evidently_schema.to_json(text), evidently_schema.to_label(text),
    evidently_schema.to_metric(numeric);

$step$);
