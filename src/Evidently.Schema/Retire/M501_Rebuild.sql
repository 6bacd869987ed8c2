-- Legacy rows rebuilt from the star, as SQL text made from the host's catalog: the view, Down and cleanup are made of it. Locks no table of the application.
CALL evidently_schema.step(ARRAY[]::text[], $step$

-- Each column of legacy: its type, what it is in the star, and whether the star does not hold it (kept: legacy_residue). A brand's values are
-- repeated on competitor rows, except its sentiment, as the application wrote them.
CREATE OR REPLACE FUNCTION evidently_schema.legacy_shape(p_legacy regclass)
RETURNS TABLE (n integer, name text, type text, collation_name text, is_key boolean, kept boolean, is_default text, identity_kind text, is_generated boolean, as_text boolean, overriding text, rebuilt text)
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT a.attnum::integer, a.attname::text, format_type(a.atttypid, a.atttypmod),
        CASE WHEN a.attcollation <> t.typcollation THEN (SELECT format('%I.%I', c.collnamespace::regnamespace, c.collname) FROM pg_collation AS c WHERE c.oid = a.attcollation) END,
        coalesce(m.is_key, false), m.source IS NULL,
        CASE WHEN a.attgenerated = '' THEN pg_get_expr(d.adbin, d.adrelid) END, a.attidentity::text, a.attgenerated <> '',
        t.typcategory NOT IN ('B', 'D', 'E', 'N', 'S') OR t.typtype = 'd', -- in the residue as text: JSON null is not NULL, and a type may have its own idea of JSON
        format('(r.data ->> %L)::%s', a.attname, format_type(a.atttypid, a.atttypmod)),
        CASE WHEN coalesce(m.is_key, false) THEN format('(%s)::%s', m.source, format_type(a.atttypid, a.atttypmod))
            ELSE format(CASE t.typtype -- a domain may be NOT NULL, and an enum spell a label as the star does not: where the star has no such value it is NULL all the same
                WHEN 'd' THEN 'CASE WHEN r.data ? %1$L THEN (r.data ->> %1$L)::%2$s ELSE (SELECT v.v::%2$s FROM (SELECT %3$s) AS v (v) WHERE v.v IS NOT NULL) END'
                WHEN 'e' THEN 'CASE WHEN r.data ? %1$L THEN (r.data ->> %1$L)::%2$s ELSE (SELECT e.v FROM unnest(enum_range(NULL::%2$s)) AS e (v) WHERE upper(e.v::text) = upper(%3$s) ORDER BY e.v::text <> (%3$s) LIMIT 1) END'
                ELSE 'CASE WHEN r.data ? %1$L THEN (r.data ->> %1$L)::%2$s ELSE (%3$s)::%2$s END' END, a.attname, format_type(a.atttypid, a.atttypmod),
                CASE WHEN m.source IS NULL THEN 'NULL' WHEN m.from_array AND t.typname = 'jsonb' THEN format('to_jsonb(%s)', m.source) ELSE m.source END)
        END || CASE WHEN a.attcollation <> t.typcollation
            THEN (SELECT format(' COLLATE %I.%I', c.collnamespace::regnamespace, c.collname) FROM pg_collation AS c WHERE c.oid = a.attcollation) ELSE '' END
    FROM pg_attribute AS a
    JOIN pg_type AS t ON t.oid = a.atttypid
    LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
    LEFT JOIN (VALUES
        ('id', 'i.id', true, false), ('collector_result_id', 'f.collector_result_id', true, false), ('brand_id', 'f.brand_id', true, false),
        ('customer_id', 'f.customer_id', true, false), ('query_id', 'f.query_id', true, false), ('collector_type', 'f.collector_type', true, false),
        ('competitor_name', 'bc.competitor_name', true, false), ('processed_at', 'f.processed_at', true, false), ('created_at', 'f.created_at', true, false),
        ('topic', 'f.topic', false, false),
        ('visibility_index', 'bm.visibility_index', false, false), ('share_of_answers_brand', 'bm.share_of_answers', false, false),
        ('has_brand_presence', 'bm.has_brand_presence', false, false), ('brand_first_position', 'bm.brand_first_position', false, false),
        ('brand_positions', 'bm.brand_positions', false, true), ('total_brand_mentions', 'bm.total_brand_mentions', false, false),
        ('total_word_count', 'bm.total_word_count', false, false),
        ('visibility_index_competitor', 'cm.visibility_index', false, false), ('share_of_answers_competitor', 'cm.share_of_answers', false, false),
        ('competitor_positions', 'cm.competitor_positions', false, true), ('competitor_mentions', 'cm.competitor_mentions', false, false),
        ('sentiment_label', 'bs.sentiment_label', false, false), ('sentiment_score', 'bs.sentiment_score', false, false),
        ('sentiment_positive_sentences', 'bs.positive_sentences', false, false), ('sentiment_negative_sentences', 'bs.negative_sentences', false, false),
        ('sentiment_label_competitor', 'cs.sentiment_label', false, false), ('sentiment_score_competitor', 'cs.sentiment_score', false, false),
        ('sentiment_positive_sentences_competitor', 'cs.positive_sentences', false, false),
        ('sentiment_negative_sentences_competitor', 'cs.negative_sentences', false, false),
        ('raw_answer', 'cr.raw_answer', false, false), ('brand_name', 'b.name', false, false)
    ) AS m (name, source, is_key, from_array) ON m.name = a.attname
        AND (m.name <> 'raw_answer' OR EXISTS (SELECT FROM pg_attribute AS o WHERE o.attrelid = 'public.collector_results'::regclass AND o.attname = 'raw_answer' AND NOT o.attisdropped))
        AND (m.name <> 'brand_name' OR EXISTS (SELECT FROM pg_attribute AS o WHERE o.attrelid = 'public.brands'::regclass AND o.attname = 'name' AND NOT o.attisdropped))
    WHERE a.attrelid = p_legacy AND a.attnum > 0 AND NOT a.attisdropped
$function$;

-- The SELECT of rebuilt rows: of results that were written to the star alone, or of those that p_where names (i.collector_result_id …).
CREATE OR REPLACE FUNCTION evidently_schema.rebuild_query(p_legacy regclass, p_where text DEFAULT NULL) RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $function$
    SELECT format('SELECT %s
FROM %s
JOIN public.metric_facts AS f ON f.collector_result_id = i.collector_result_id
JOIN public.brand_metrics AS bm ON bm.metric_fact_id = f.id
LEFT JOIN public.competitor_metrics AS cm ON cm.metric_fact_id = f.id AND cm.competitor_id = i.competitor_id
LEFT JOIN public.brand_competitors AS bc ON bc.id = i.competitor_id
LEFT JOIN public.brand_sentiment AS bs ON bs.metric_fact_id = f.id AND i.competitor_id IS NULL
LEFT JOIN public.competitor_sentiment AS cs ON cs.metric_fact_id = f.id AND cs.competitor_id = i.competitor_id
LEFT JOIN public.collector_results AS cr ON cr.id = f.collector_result_id
LEFT JOIN public.brands AS b ON b.id = f.brand_id
LEFT JOIN evidently_schema.legacy_residue AS r ON r.legacy_id = i.id::text
WHERE (i.competitor_id IS NULL OR cm.id IS NOT NULL AND bc.id IS NOT NULL)%s',
        (SELECT string_agg(format('%s AS %I', s.rebuilt, s.name), ', ' ORDER BY s.n) FROM evidently_schema.legacy_shape(p_legacy) AS s),
        CASE WHEN p_where IS NULL THEN 'evidently_schema.star_only_results AS s JOIN evidently_schema.legacy_ids AS i ON i.collector_result_id = s.collector_result_id'
            ELSE 'evidently_schema.legacy_ids AS i' END,
        ' AND ' || p_where)
$function$;

SELECT evidently_schema.restrict_access('evidently_schema.legacy_shape', 'evidently_schema.rebuild_query');

$step$);
