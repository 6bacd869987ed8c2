-- The whole history in one transaction, as one would write it by hand for clean data: the same defaults, topics and labels.
BEGIN;

INSERT INTO metric_facts (collector_result_id, brand_id, customer_id, query_id, collector_type, topic, processed_at, created_at)
SELECT ep.collector_result_id, ep.brand_id, coalesce(ep.customer_id, b.customer_id), ep.query_id, ep.collector_type,
    coalesce(nullif(btrim(ep.topic), ''), nullif(btrim(ep.metadata ->> 'topic_name'), ''), q.topic),
    coalesce(ep.processed_at, ep.created_at), coalesce(ep.created_at, ep.processed_at)
FROM extracted_positions AS ep
JOIN brands AS b ON b.id = ep.brand_id
JOIN generated_queries AS q ON q.id = ep.query_id
WHERE ep.competitor_name IS NULL;

INSERT INTO brand_metrics (metric_fact_id, visibility_index, share_of_answers, has_brand_presence, brand_first_position, brand_positions,
    total_brand_mentions, total_word_count)
SELECT f.id, ep.visibility_index, ep.share_of_answers_brand, coalesce(ep.has_brand_presence, false), ep.brand_first_position,
    ep.brand_positions, coalesce(ep.total_brand_mentions, 0), coalesce(ep.total_word_count, 0)
FROM extracted_positions AS ep
JOIN metric_facts AS f ON f.collector_result_id = ep.collector_result_id
WHERE ep.competitor_name IS NULL;

INSERT INTO competitor_metrics (metric_fact_id, competitor_id, visibility_index, share_of_answers, competitor_positions, competitor_mentions)
SELECT f.id, bc.id, ep.visibility_index_competitor, ep.share_of_answers_competitor, ep.competitor_positions, coalesce(ep.competitor_mentions, 0)
FROM extracted_positions AS ep
JOIN metric_facts AS f ON f.collector_result_id = ep.collector_result_id
JOIN brand_competitors AS bc ON bc.brand_id = f.brand_id AND bc.competitor_name = ep.competitor_name
WHERE ep.competitor_name IS NOT NULL;

INSERT INTO brand_sentiment (metric_fact_id, sentiment_label, sentiment_score, positive_sentences, negative_sentences)
SELECT f.id, upper(btrim(ep.sentiment_label)), ep.sentiment_score, coalesce(ep.sentiment_positive_sentences, '[]'),
    coalesce(ep.sentiment_negative_sentences, '[]')
FROM extracted_positions AS ep
JOIN metric_facts AS f ON f.collector_result_id = ep.collector_result_id
WHERE ep.competitor_name IS NULL
    AND (ep.sentiment_label IS NOT NULL OR ep.sentiment_score IS NOT NULL OR ep.sentiment_positive_sentences <> '[]' OR ep.sentiment_negative_sentences <> '[]');

INSERT INTO competitor_sentiment (metric_fact_id, competitor_id, sentiment_label, sentiment_score, positive_sentences, negative_sentences)
SELECT f.id, bc.id, upper(btrim(ep.sentiment_label_competitor)), ep.sentiment_score_competitor,
    coalesce(ep.sentiment_positive_sentences_competitor, '[]'), coalesce(ep.sentiment_negative_sentences_competitor, '[]')
FROM extracted_positions AS ep
JOIN metric_facts AS f ON f.collector_result_id = ep.collector_result_id
JOIN brand_competitors AS bc ON bc.brand_id = f.brand_id AND bc.competitor_name = ep.competitor_name
WHERE ep.competitor_name IS NOT NULL
    AND (ep.sentiment_label_competitor IS NOT NULL OR ep.sentiment_score_competitor IS NOT NULL
        OR ep.sentiment_positive_sentences_competitor <> '[]' OR ep.sentiment_negative_sentences_competitor <> '[]');

COMMIT;
