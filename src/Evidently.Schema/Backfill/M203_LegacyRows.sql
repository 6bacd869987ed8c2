-- Legacy rows as every legacy database has them: one set of value columns, taken from the brand's columns on a brand row and from the
-- competitor's on a competitor row (bpchar compares without trailing spaces: blank, at a tenth of btrim's cost); optional columns that are not there are NULL. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

DO $views$
DECLARE
    optional jsonb := (
        SELECT jsonb_object_agg(w.tab || '.' || w.col, CASE
            WHEN a.attnum IS NULL THEN 'NULL::' || w.type
            WHEN w.type = 'jsonb' AND format_type(a.atttypid, NULL) = 'jsonb' THEN format('%s.%I', w.tab, w.col)
            WHEN w.type = 'jsonb' THEN format('evidently_schema.to_json(%s.%I::text)', w.tab, w.col)
            WHEN w.type = 'sentences' AND format_type(a.atttypid, NULL) = 'jsonb' THEN format('%s.%I', w.tab, w.col)
            WHEN w.type = 'sentences' THEN format('%s.%I::text', w.tab, w.col)
            ELSE format('%s.%I::%s', w.tab, w.col, w.type) END)
        FROM (VALUES
            ('ep', 'topic', 'text', 'extracted_positions'),
            ('ep', 'metadata', 'jsonb', 'extracted_positions'),
            ('ep', 'sentiment_label', 'text', 'extracted_positions'),
            ('ep', 'sentiment_score', 'numeric', 'extracted_positions'),
            ('ep', 'sentiment_positive_sentences', 'sentences', 'extracted_positions'),
            ('ep', 'sentiment_negative_sentences', 'sentences', 'extracted_positions'),
            ('ep', 'sentiment_label_competitor', 'text', 'extracted_positions'),
            ('ep', 'sentiment_score_competitor', 'numeric', 'extracted_positions'),
            ('ep', 'sentiment_positive_sentences_competitor', 'sentences', 'extracted_positions'),
            ('ep', 'sentiment_negative_sentences_competitor', 'sentences', 'extracted_positions'),
            ('q', 'topic', 'text', 'generated_queries')
        ) AS w (tab, col, type, source)
        LEFT JOIN pg_catalog.pg_attribute AS a ON a.attrelid = to_regclass('public.' || w.source) AND a.attname = w.col AND NOT a.attisdropped);
    -- Both names may have collations of their own, which could not be compared: the competitor's own is used, and so is its index.
    name_collation text := (SELECT format('%s.%I', c.collnamespace::regnamespace, c.collname) FROM pg_catalog.pg_attribute AS a
        JOIN pg_catalog.pg_collation AS c ON c.oid = a.attcollation
        WHERE a.attrelid = 'public.brand_competitors'::regclass AND a.attname = 'competitor_name');
BEGIN
    optional := replace(optional::text, 'NULL::sentences', 'NULL::jsonb')::jsonb;

    EXECUTE replace(format($view$
        CREATE OR REPLACE VIEW evidently_schema.legacy_rows WITH (security_invoker = true) AS
        SELECT
            ep.id,
            ep.collector_result_id,
            {brand} AS is_brand,
            CASE WHEN NOT {brand} THEN ep.competitor_name::text END COLLATE %11$s AS competitor_name,
            ep.brand_id,
            ep.customer_id,
            ep.query_id,
            CASE WHEN octet_length(ep.collector_type::text) <= 2000 THEN ep.collector_type::text END AS collector_type, -- else too long a key for the daily view
            coalesce(ep.processed_at, ep.created_at) AS processed_at,
            coalesce(ep.created_at, ep.processed_at) AS created_at,
            CASE WHEN {brand} THEN coalesce(CASE WHEN btrim(%1$s) <> '' THEN %1$s END,
                CASE WHEN btrim(%2$s ->> 'topic_name') <> '' THEN %2$s ->> 'topic_name' END) END AS topic,
            CASE WHEN {brand} THEN ep.visibility_index::numeric ELSE ep.visibility_index_competitor::numeric END AS visibility_index,
            CASE WHEN {brand} THEN ep.share_of_answers_brand::numeric ELSE ep.share_of_answers_competitor::numeric END AS share_of_answers,
            coalesce(ep.has_brand_presence, false) AS has_brand_presence,
            ep.brand_first_position::integer AS brand_first_position,
            evidently_schema.to_positions(CASE WHEN {brand} THEN ep.brand_positions ELSE ep.competitor_positions END) AS positions,
            evidently_schema.positions_broken(CASE WHEN {brand} THEN ep.brand_positions ELSE ep.competitor_positions END) AS positions_broken,
            coalesce(CASE WHEN {brand} THEN ep.total_brand_mentions ELSE ep.competitor_mentions END, 0)::integer AS mentions,
            coalesce(ep.total_word_count, 0)::integer AS total_word_count,
            CASE WHEN {brand} THEN %3$s ELSE %7$s END AS sentiment_label,
            CASE WHEN {brand} THEN %4$s ELSE %8$s END AS sentiment_score,
            evidently_schema.to_sentences(CASE WHEN {brand} THEN %5$s ELSE %9$s END) AS positive_sentences,
            evidently_schema.to_sentences(CASE WHEN {brand} THEN %6$s ELSE %10$s END) AS negative_sentences
        FROM public.extracted_positions AS ep
        $view$,
        optional ->> 'ep.topic', optional ->> 'ep.metadata',
        optional ->> 'ep.sentiment_label', optional ->> 'ep.sentiment_score',
        optional ->> 'ep.sentiment_positive_sentences', optional ->> 'ep.sentiment_negative_sentences',
        optional ->> 'ep.sentiment_label_competitor', optional ->> 'ep.sentiment_score_competitor',
        optional ->> 'ep.sentiment_positive_sentences_competitor', optional ->> 'ep.sentiment_negative_sentences_competitor',
        name_collation),
        '{brand}', $$(ep.competitor_name IS NULL OR ep.competitor_name::bpchar = '')$$);

    EXECUTE format($view$
        CREATE OR REPLACE VIEW evidently_schema.query_topics WITH (security_invoker = true) AS
        SELECT q.id, CASE WHEN btrim(%1$s) <> '' THEN %1$s END AS topic
        FROM public.generated_queries AS q
        $view$, optional ->> 'q.topic');
END
$views$;

SELECT evidently_schema.restrict_access('evidently_schema.legacy_rows', 'evidently_schema.query_topics');

$step$);
