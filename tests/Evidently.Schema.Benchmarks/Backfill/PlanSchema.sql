-- The plan's step 1.1 to the letter, its five repeated indexes and its foreign keys included.
CREATE TABLE metric_facts (
  id BIGSERIAL PRIMARY KEY,
  collector_result_id BIGINT NOT NULL UNIQUE REFERENCES collector_results(id) ON DELETE CASCADE,
  brand_id UUID NOT NULL REFERENCES brands(id) ON DELETE CASCADE,
  customer_id UUID NOT NULL REFERENCES customers(id),
  query_id UUID NOT NULL REFERENCES generated_queries(id),
  collector_type TEXT NOT NULL,
  topic TEXT,
  processed_at TIMESTAMPTZ NOT NULL,
  created_at TIMESTAMPTZ NOT NULL DEFAULT NOW()
);

CREATE INDEX idx_metric_facts_collector_result ON metric_facts(collector_result_id);
CREATE INDEX idx_metric_facts_brand_processed ON metric_facts(brand_id, processed_at DESC);
CREATE INDEX idx_metric_facts_brand_collector ON metric_facts(brand_id, collector_type, processed_at DESC);
CREATE INDEX idx_metric_facts_topic ON metric_facts(topic) WHERE topic IS NOT NULL;

CREATE TABLE brand_metrics (
  id BIGSERIAL PRIMARY KEY,
  metric_fact_id BIGINT NOT NULL UNIQUE REFERENCES metric_facts(id) ON DELETE CASCADE,
  visibility_index NUMERIC(5,2),
  share_of_answers NUMERIC(5,2),
  has_brand_presence BOOLEAN NOT NULL DEFAULT false,
  brand_first_position INTEGER,
  brand_positions INTEGER[],
  total_brand_mentions INTEGER NOT NULL DEFAULT 0,
  total_word_count INTEGER NOT NULL DEFAULT 0
);

CREATE INDEX idx_brand_metrics_fact ON brand_metrics(metric_fact_id);
CREATE INDEX idx_brand_metrics_visibility ON brand_metrics(visibility_index) WHERE visibility_index IS NOT NULL;

CREATE TABLE competitor_metrics (
  id BIGSERIAL PRIMARY KEY,
  metric_fact_id BIGINT NOT NULL REFERENCES metric_facts(id) ON DELETE CASCADE,
  competitor_id INTEGER NOT NULL REFERENCES brand_competitors(id) ON DELETE CASCADE,
  visibility_index NUMERIC(5,2),
  share_of_answers NUMERIC(5,2),
  competitor_positions INTEGER[],
  competitor_mentions INTEGER NOT NULL DEFAULT 0,
  UNIQUE(metric_fact_id, competitor_id)
);

CREATE INDEX idx_competitor_metrics_fact_comp ON competitor_metrics(metric_fact_id, competitor_id);
CREATE INDEX idx_competitor_metrics_comp ON competitor_metrics(competitor_id);
CREATE INDEX idx_competitor_metrics_visibility ON competitor_metrics(competitor_id, visibility_index) WHERE visibility_index IS NOT NULL;

CREATE TABLE brand_sentiment (
  id BIGSERIAL PRIMARY KEY,
  metric_fact_id BIGINT NOT NULL UNIQUE REFERENCES metric_facts(id) ON DELETE CASCADE,
  sentiment_label TEXT CHECK (sentiment_label IN ('POSITIVE', 'NEGATIVE', 'NEUTRAL')),
  sentiment_score NUMERIC(5,2),
  positive_sentences JSONB DEFAULT '[]'::jsonb,
  negative_sentences JSONB DEFAULT '[]'::jsonb
);

CREATE INDEX idx_brand_sentiment_fact ON brand_sentiment(metric_fact_id);
CREATE INDEX idx_brand_sentiment_label ON brand_sentiment(sentiment_label) WHERE sentiment_label IS NOT NULL;

CREATE TABLE competitor_sentiment (
  id BIGSERIAL PRIMARY KEY,
  metric_fact_id BIGINT NOT NULL REFERENCES metric_facts(id) ON DELETE CASCADE,
  competitor_id INTEGER NOT NULL REFERENCES brand_competitors(id) ON DELETE CASCADE,
  sentiment_label TEXT CHECK (sentiment_label IN ('POSITIVE', 'NEGATIVE', 'NEUTRAL')),
  sentiment_score NUMERIC(5,2),
  positive_sentences JSONB DEFAULT '[]'::jsonb,
  negative_sentences JSONB DEFAULT '[]'::jsonb,
  UNIQUE(metric_fact_id, competitor_id)
);

CREATE INDEX idx_competitor_sentiment_fact_comp ON competitor_sentiment(metric_fact_id, competitor_id);
CREATE INDEX idx_competitor_sentiment_comp ON competitor_sentiment(competitor_id);
