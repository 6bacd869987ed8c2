-- What the fill in the setting legacy.fill writes to extracted_positions, in types wide enough for every variant. Per result a line 0 for
-- the brand, 1 to n for its competitors, n + 1 to n + 3 for a second brand row, a second competitor row and an unknown competitor.
-- OFFSET 0 keeps the planner from copying each step's expressions into the next.
CREATE OR REPLACE TEMP VIEW legacy_rows AS
WITH fill AS MATERIALIZED (
    SELECT f.*, d.*, ground.*
    FROM jsonb_to_record(current_setting('legacy.fill')::jsonb) AS f (
            seed bigint, customers integer, brands integer, competitors_per_brand integer, queries_per_brand integer,
            range_first bigint, range_last bigint),
        jsonb_to_record(current_setting('legacy.fill')::jsonb -> 'dirt') AS d (
            no_result_id float8, no_brand_row float8, duplicate_brand_row float8, duplicate_competitor_row float8, missing_parent float8,
            unknown_competitor float8, out_of_range float8, not_a_number float8, invalid float8, unknown_label float8,
            lower_case_label float8, blank_competitor_name float8, json_string_sentences float8, broken_json_string float8,
            null_sentences float8, null_positions float8, missing_timestamps float8, missing_customer float8, other_customer float8,
            zero_score float8, old_score_scale float8, not_scored float8, empty_topic float8, null_metrics float8, rounding float8,
            competitors_first float8),
        LATERAL (
            SELECT
                NOT (SELECT attnotnull FROM pg_catalog.pg_attribute
                     WHERE attrelid = 'public.extracted_positions'::regclass AND attname = 'collector_result_id') AS nullable,
                EXISTS (SELECT FROM pg_catalog.pg_constraint
                        WHERE conrelid = 'public.extracted_positions'::regclass AND contype = 'f') AS constrained,
                (SELECT format_type(atttypid, atttypmod) FROM pg_catalog.pg_attribute
                 WHERE attrelid = 'public.extracted_positions'::regclass AND attname = 'visibility_index') = 'numeric(5,2)' AS narrow
        ) AS ground
),
result AS (
    SELECT
        fill.seed, fill.customers, fill.brands, fill.competitors_per_brand, fill.nullable, r,
        r % fill.brands AS brand,
        r % fill.brands + fill.brands * pg_temp.legacy_pick(r, fill.seed, 101, fill.queries_per_brand) AS query,
        -- One value per kind of dirt: null or false where it does not happen, else which form it takes.
        CASE WHEN fill.nullable AND pg_temp.legacy_happens(r, fill.seed, 1, fill.no_result_id)
            THEN pg_temp.legacy_pick(r, fill.seed, 201, 2) END AS no_result_id,
        pg_temp.legacy_happens(r, fill.seed, 2, fill.no_brand_row) AS no_brand_row,
        CASE WHEN pg_temp.legacy_happens(r, fill.seed, 3, fill.duplicate_brand_row)
            THEN pg_temp.legacy_pick(r, fill.seed, 203, CASE WHEN fill.nullable THEN 4 ELSE 3 END) END AS duplicate_brand_row,
        pg_temp.legacy_happens(r, fill.seed, 4, fill.duplicate_competitor_row) AND fill.competitors_per_brand > 0 AS duplicate_competitor_row,
        CASE WHEN pg_temp.legacy_happens(r, fill.seed, 5, fill.missing_parent)
            THEN pg_temp.legacy_pick(r, fill.seed, 205, CASE WHEN fill.constrained THEN 2 ELSE 4 END) END AS missing_parent,
        CASE WHEN pg_temp.legacy_happens(r, fill.seed, 6, fill.unknown_competitor)
            THEN (ARRAY['Unknown', 'competitor 1', 'Competitor 1 '])[1 + pg_temp.legacy_pick(r, fill.seed, 206, 3)] END AS unknown_competitor,
        CASE
            WHEN NOT fill.narrow AND pg_temp.legacy_happens(r, fill.seed, 7, fill.out_of_range)
                THEN (ARRAY[1234.5, -5000, 999.995, 999.994, -999.995, 1e30])[1 + pg_temp.legacy_pick(r, fill.seed, 207, 6)]
            WHEN pg_temp.legacy_happens(r, fill.seed, 8, fill.not_a_number)
                THEN (ARRAY['NaN', 'Infinity', '-Infinity']::numeric[])[
                    1 + pg_temp.legacy_pick(r, fill.seed, 208, CASE WHEN fill.narrow THEN 1 ELSE 3 END)]
        END AS wrong_metric,
        -- 0 to 2: the brand's visibility, share or score; 3 to 5: its first competitor's.
        pg_temp.legacy_pick(r, fill.seed, 218, 6) AS wrong_metric_at,
        CASE WHEN pg_temp.legacy_happens(r, fill.seed, 9, fill.invalid)
            THEN CASE WHEN fill.nullable THEN pg_temp.legacy_pick(r, fill.seed, 209, 9)
                ELSE 3 + pg_temp.legacy_pick(r, fill.seed, 209, 6) END END AS invalid,
        CASE WHEN pg_temp.legacy_happens(r, fill.seed, 10, fill.unknown_label)
            THEN (ARRAY['MIXED', 'positive!', 'n/a'])[1 + pg_temp.legacy_pick(r, fill.seed, 210, 3)] END AS unknown_label,
        pg_temp.legacy_happens(r, fill.seed, 11, fill.lower_case_label) AS lower_case_label,
        CASE WHEN pg_temp.legacy_happens(r, fill.seed, 12, fill.blank_competitor_name)
            THEN repeat(' ', pg_temp.legacy_pick(r, fill.seed, 212, 3)::integer) END AS blank_competitor_name,
        pg_temp.legacy_happens(r, fill.seed, 13, fill.json_string_sentences) AS json_string_sentences,
        CASE WHEN pg_temp.legacy_happens(r, fill.seed, 14, fill.broken_json_string)
            THEN to_jsonb((ARRAY['["Broken', '', '{"a": 1}', '7'])[1 + pg_temp.legacy_pick(r, fill.seed, 214, 4)]) END AS broken_json_string,
        CASE WHEN pg_temp.legacy_happens(r, fill.seed, 15, fill.null_sentences)
            THEN pg_temp.legacy_pick(r, fill.seed, 215, 2) END AS null_sentences,
        CASE WHEN pg_temp.legacy_happens(r, fill.seed, 16, fill.null_positions)
            THEN pg_temp.legacy_pick(r, fill.seed, 216, 3) END AS null_positions,
        CASE WHEN fill.nullable AND pg_temp.legacy_happens(r, fill.seed, 17, fill.missing_timestamps)
            THEN pg_temp.legacy_pick(r, fill.seed, 217, 3) END AS missing_timestamps,
        fill.nullable AND pg_temp.legacy_happens(r, fill.seed, 18, fill.missing_customer) AS missing_customer,
        pg_temp.legacy_happens(r, fill.seed, 19, fill.other_customer) AS other_customer,
        pg_temp.legacy_happens(r, fill.seed, 20, fill.zero_score) AS zero_score,
        pg_temp.legacy_happens(r, fill.seed, 21, fill.old_score_scale) AS old_score_scale,
        CASE WHEN pg_temp.legacy_happens(r, fill.seed, 22, fill.not_scored) THEN pg_temp.legacy_pick(r, fill.seed, 222, 2) END AS not_scored,
        CASE WHEN pg_temp.legacy_happens(r, fill.seed, 23, fill.empty_topic) THEN pg_temp.legacy_pick(r, fill.seed, 223, 6) END AS empty_topic,
        pg_temp.legacy_happens(r, fill.seed, 24, fill.null_metrics) AS null_metrics,
        CASE WHEN pg_temp.legacy_happens(r, fill.seed, 25, fill.rounding)
            THEN (ARRAY[0.005, 0.00123, 0.0049999, 0.015])[1 + pg_temp.legacy_pick(r, fill.seed, 225, 4)] ELSE 0 END AS rounding,
        pg_temp.legacy_happens(r, fill.seed, 26, fill.competitors_first) AS competitors_first
    FROM fill, generate_series(fill.range_first, fill.range_last) AS r
    OFFSET 0
),
line AS (
    SELECT
        result.*, n,
        n = 0 OR n = competitors_per_brand + 1 AS is_brand,
        -- What the values of the row, and of the brand it repeats, are rolled for.
        r * 64 + n AS own,
        r * 64 + CASE WHEN n = competitors_per_brand + 1 THEN 63 ELSE 0 END AS common,
        -- Where dirt in one row of the result strikes: the brand's or the first competitor's.
        n = pg_temp.legacy_pick(r, seed, 219, 2) AS struck,
        CASE WHEN n = 0 AND competitors_first THEN 1000 ELSE n END AS place
    FROM result, generate_series(0, competitors_per_brand + 3) AS n
    WHERE CASE n - competitors_per_brand
        WHEN 1 THEN duplicate_brand_row IS NOT NULL
        WHEN 2 THEN duplicate_competitor_row
        WHEN 3 THEN unknown_competitor IS NOT NULL
        ELSE n > 0 OR NOT no_brand_row
    END
    OFFSET 0
),
roll AS (
    SELECT
        line.*,
        pg_temp.legacy_pick(common, seed, 301, 101) / 100.0 AS visibility,
        pg_temp.legacy_pick(common, seed, 302, 10001) / 100.0 AS share,
        pg_temp.legacy_pick(own, seed, 303, 101) / 100.0 AS own_visibility,
        pg_temp.legacy_pick(own, seed, 304, 10001) / 100.0 AS own_share,
        CASE
            WHEN not_scored IS NOT NULL THEN NULL
            WHEN zero_score THEN 0
            WHEN old_score_scale THEN pg_temp.legacy_pick(own, seed, 305, 201) / 100.0 - 1
            ELSE 1 + pg_temp.legacy_pick(own, seed, 305, 9901) / 100.0
        END AS score,
        CASE
            WHEN not_scored = 0 THEN NULL
            WHEN not_scored = 1 THEN ''
            WHEN unknown_label IS NOT NULL AND struck THEN unknown_label
            ELSE (CASE WHEN lower_case_label THEN ARRAY['positive', 'Negative', ' neutral '] ELSE ARRAY['POSITIVE', 'NEGATIVE', 'NEUTRAL'] END)[
                1 + pg_temp.legacy_pick(own, seed, 306, 3)]
        END AS label,
        CASE WHEN null_positions = 0 THEN NULL ELSE ARRAY[
            1 + pg_temp.legacy_pick(common, seed, 307, 200),
            CASE WHEN null_positions IS NULL THEN 201 + pg_temp.legacy_pick(common, seed, 308, 200) END]::integer[] END AS positions,
        CASE WHEN null_positions = 0 THEN NULL ELSE ARRAY[
            1 + pg_temp.legacy_pick(own, seed, 309, 200),
            CASE WHEN null_positions IS NULL THEN 201 + pg_temp.legacy_pick(own, seed, 310, 200) END]::integer[] END AS own_positions,
        CASE
            WHEN NOT struck THEN NULL
            WHEN invalid >= 6 THEN (ARRAY['{"first": 3}', '[1.5]', '["3"]', '[3000000000]', '7'])[1 + pg_temp.legacy_pick(r, seed, 311, 5)]::jsonb
            WHEN null_positions = 1 THEN 'null'
        END AS other_positions
    FROM line
    OFFSET 0
),
sentence AS (
    SELECT
        roll.*,
        CASE
            WHEN not_scored IS NOT NULL OR null_sentences = 0 THEN NULL
            WHEN null_sentences = 1 THEN 'null'
            WHEN struck AND invalid IN (3, 4, 5) THEN (ARRAY['{"a": 1}', '5', 'true'])[invalid - 2]::jsonb
            WHEN struck AND broken_json_string IS NOT NULL THEN broken_json_string
            WHEN json_string_sentences THEN to_jsonb(good.sentences::text)
            ELSE good.sentences
        END AS positive_sentences,
        CASE
            WHEN not_scored IS NOT NULL OR null_sentences = 0 THEN NULL
            WHEN json_string_sentences THEN to_jsonb(bad.sentences::text)
            ELSE bad.sentences
        END AS negative_sentences
    FROM roll,
        LATERAL (SELECT (ARRAY['[]', '["Good."]', '["Good.", "Very good."]'])[1 + pg_temp.legacy_pick(own, seed, 312, 3)]::jsonb) AS good (sentences),
        LATERAL (SELECT (ARRAY['[]', '["Bad."]', '["Bad.", "Very bad."]'])[1 + pg_temp.legacy_pick(own, seed, 313, 3)]::jsonb) AS bad (sentences)
    OFFSET 0
)
SELECT
    r, place,
    pg_temp.legacy_uuid('row', seed, own) AS id,
    CASE
        WHEN missing_customer THEN NULL
        WHEN missing_parent = 1 THEN pg_temp.legacy_uuid('missing', seed, r)
        ELSE pg_temp.legacy_uuid('customer', seed, (brand + CASE WHEN other_customer THEN 1 ELSE 0 END) % brands % customers)
    END AS customer_id,
    CASE WHEN invalid = 0 THEN NULL WHEN missing_parent = 2 THEN pg_temp.legacy_uuid('missing', seed, r)
        ELSE pg_temp.legacy_uuid('brand', seed, brand) END AS brand_id,
    CASE WHEN invalid = 1 THEN NULL WHEN missing_parent = 0 THEN pg_temp.legacy_uuid('missing', seed, r)
        ELSE pg_temp.legacy_uuid('query', seed, query) END AS query_id,
    CASE WHEN no_result_id = 0 OR (no_result_id = 1 AND n = competitors_per_brand) THEN NULL
        WHEN missing_parent = 3 THEN r + 1000000000000 ELSE r END AS collector_result_id,
    CASE WHEN invalid IS DISTINCT FROM 2 THEN answer.collector_type END AS collector_type,
    CASE
        WHEN is_brand THEN blank_competitor_name
        WHEN n <= competitors_per_brand THEN 'Competitor ' || n
        WHEN n = competitors_per_brand + 2 THEN 'Competitor 1'
        ELSE unknown_competitor
    END AS competitor_name,
    CASE WHEN null_metrics THEN NULL WHEN wrong_metric_at = 0 AND wrong_metric IS NOT NULL THEN wrong_metric
        ELSE visibility + rounding END AS visibility_index,
    CASE WHEN is_brand OR null_metrics THEN NULL WHEN n = 1 AND wrong_metric_at = 3 AND wrong_metric IS NOT NULL THEN wrong_metric
        ELSE own_visibility + rounding END AS visibility_index_competitor,
    CASE WHEN null_metrics THEN NULL WHEN wrong_metric_at = 1 AND wrong_metric IS NOT NULL THEN wrong_metric
        ELSE share + rounding END AS share_of_answers_brand,
    CASE WHEN is_brand OR null_metrics THEN NULL WHEN n = 1 AND wrong_metric_at = 4 AND wrong_metric IS NOT NULL THEN wrong_metric
        ELSE own_share + rounding END AS share_of_answers_competitor,
    CASE WHEN NOT null_metrics THEN visibility > 0 END AS has_brand_presence,
    CASE WHEN NOT null_metrics THEN positions[1] END AS brand_first_position,
    positions AS brand_positions,
    CASE WHEN NOT is_brand THEN own_positions END AS competitor_positions,
    CASE WHEN is_brand AND other_positions IS NOT NULL THEN other_positions ELSE to_jsonb(positions) END AS brand_positions_json,
    CASE WHEN NOT is_brand THEN coalesce(other_positions, to_jsonb(own_positions)) END AS competitor_positions_json,
    CASE WHEN NOT null_metrics THEN pg_temp.legacy_pick(common, seed, 314, 9)::integer END AS total_brand_mentions,
    CASE WHEN NOT is_brand AND NOT null_metrics THEN pg_temp.legacy_pick(own, seed, 315, 9)::integer END AS competitor_mentions,
    CASE WHEN NOT null_metrics THEN 50 + pg_temp.legacy_pick(common, seed, 316, 4000)::integer END AS total_word_count,
    CASE WHEN is_brand THEN label END AS sentiment_label,
    CASE WHEN NOT is_brand THEN NULL WHEN wrong_metric_at = 2 AND wrong_metric IS NOT NULL THEN wrong_metric
        ELSE score + CASE WHEN zero_score THEN 0 ELSE rounding * sign(score) END END AS sentiment_score,
    CASE WHEN is_brand THEN positive_sentences END AS sentiment_positive_sentences,
    CASE WHEN is_brand THEN negative_sentences END AS sentiment_negative_sentences,
    CASE WHEN NOT is_brand THEN label END AS sentiment_label_competitor,
    CASE WHEN is_brand THEN NULL WHEN n = 1 AND wrong_metric_at = 5 AND wrong_metric IS NOT NULL THEN wrong_metric
        ELSE score + CASE WHEN zero_score THEN 0 ELSE rounding * sign(score) END END AS sentiment_score_competitor,
    CASE WHEN NOT is_brand THEN positive_sentences END AS sentiment_positive_sentences_competitor,
    CASE WHEN NOT is_brand THEN negative_sentences END AS sentiment_negative_sentences_competitor,
    'Brand ' || brand AS brand_name,
    CASE WHEN empty_topic IS NULL THEN 'Topic ' || query % 7 ELSE (ARRAY[NULL, '', '   '])[1 + empty_topic % 3] END AS topic,
    CASE
        WHEN empty_topic IS NULL OR empty_topic < 3 THEN jsonb_build_object('topic_name', 'Topic ' || query % 7, 'source', 'collector')
        ELSE (ARRAY['{"topic_name": ""}', '{"source": "collector"}', NULL])[empty_topic - 2]::jsonb
    END AS metadata,
    answer.raw_answer,
    pg_temp.legacy_pick(common, seed, 317, 5)::integer AS total_brand_product_mentions,
    CASE WHEN NOT is_brand THEN pg_temp.legacy_pick(own, seed, 318, 5)::integer END AS total_competitor_product_mentions,
    CASE
        WHEN missing_timestamps IN (0, 2) OR (n = competitors_per_brand + 1 AND duplicate_brand_row = 3) THEN NULL
        ELSE answer.created_at + make_interval(secs => 60 + pg_temp.legacy_pick(r, seed, 319, 300)
            + CASE WHEN n = competitors_per_brand + 1 THEN (1 - duplicate_brand_row) * 30 ELSE 0 END)
    END AS processed_at,
    CASE WHEN missing_timestamps IN (1, 2) OR (n = competitors_per_brand + 1 AND duplicate_brand_row = 3) THEN NULL
        ELSE answer.created_at + interval '1 second' END AS created_at
FROM sentence
LEFT JOIN public.collector_results AS answer ON answer.id = r
