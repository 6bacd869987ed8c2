-- The least a comparison of legacy with the star could cost: each legacy column as it stands beside the star's, by hash joins, in parallel. It maps nothing, so it is no verification: duplicates,
-- orphans, broken values, what the star has too much, rejected rows and the daily view are not looked at, and any row that is not clean would count as wrong.
SET jit = off;
SET work_mem = '128MB';
SET enable_mergejoin = off;
SET enable_nestloop = off;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SELECT pg_catalog.count(*) FILTER (WHERE CASE WHEN ep.competitor_name IS NULL
        THEN (f.brand_id, f.customer_id, f.query_id, f.collector_type, f.topic, f.processed_at, f.created_at)
                IS NOT DISTINCT FROM (ep.brand_id, ep.customer_id, ep.query_id, ep.collector_type, ep.topic, ep.processed_at, ep.created_at)
            AND (bm.visibility_index, bm.share_of_answers, bm.has_brand_presence, bm.brand_first_position, bm.brand_positions, bm.total_brand_mentions, bm.total_word_count)
                IS NOT DISTINCT FROM (round(ep.visibility_index, 2), round(ep.share_of_answers_brand, 2), ep.has_brand_presence, ep.brand_first_position, ep.brand_positions,
                    ep.total_brand_mentions, ep.total_word_count)
            AND (bs.sentiment_label, bs.sentiment_score, bs.positive_sentences, bs.negative_sentences)
                IS NOT DISTINCT FROM (ep.sentiment_label, round(ep.sentiment_score, 2), ep.sentiment_positive_sentences, ep.sentiment_negative_sentences)
        ELSE (cm.visibility_index, cm.share_of_answers, cm.competitor_positions, cm.competitor_mentions)
                IS NOT DISTINCT FROM (round(ep.visibility_index_competitor, 2), round(ep.share_of_answers_competitor, 2), ep.competitor_positions, ep.competitor_mentions)
            AND (cs.sentiment_label, cs.sentiment_score, cs.positive_sentences, cs.negative_sentences)
                IS NOT DISTINCT FROM (ep.sentiment_label_competitor, round(ep.sentiment_score_competitor, 2), ep.sentiment_positive_sentences_competitor,
                    ep.sentiment_negative_sentences_competitor)
        END)
FROM extracted_positions AS ep
JOIN metric_facts AS f ON f.collector_result_id = ep.collector_result_id
LEFT JOIN brand_competitors AS bc ON bc.brand_id = f.brand_id AND bc.competitor_name = ep.competitor_name
LEFT JOIN brand_metrics AS bm ON bm.metric_fact_id = CASE WHEN ep.competitor_name IS NULL THEN f.id END
LEFT JOIN brand_sentiment AS bs ON bs.metric_fact_id = CASE WHEN ep.competitor_name IS NULL THEN f.id END
LEFT JOIN competitor_metrics AS cm ON cm.metric_fact_id = CASE WHEN ep.competitor_name IS NOT NULL THEN f.id END AND cm.competitor_id = bc.id
LEFT JOIN competitor_sentiment AS cs ON cs.metric_fact_id = CASE WHEN ep.competitor_name IS NOT NULL THEN f.id END AND cs.competitor_id = bc.id;
