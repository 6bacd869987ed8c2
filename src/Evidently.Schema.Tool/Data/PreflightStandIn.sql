-- In a transaction that is rolled back: the star as a batch of the copy finds it, without foreign keys and without the indexes that are built
-- after it, and so without a lock on any table of the application.
DO $do$
DECLARE
    competitor text := (SELECT pg_catalog.format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = 'public.brand_competitors'::regclass AND a.attname = 'id');
BEGIN
    CREATE TABLE public.metric_facts (
        id bigserial PRIMARY KEY,
        collector_result_id bigint NOT NULL UNIQUE,
        brand_id uuid NOT NULL,
        customer_id uuid NOT NULL,
        query_id uuid NOT NULL,
        collector_type text NOT NULL,
        topic text,
        processed_at timestamptz NOT NULL,
        created_at timestamptz NOT NULL
    );
    CREATE INDEX ON public.metric_facts (topic) WHERE topic IS NOT NULL;
    CREATE TABLE public.brand_metrics (
        id bigserial PRIMARY KEY,
        metric_fact_id bigint NOT NULL UNIQUE,
        visibility_index numeric(5, 2),
        share_of_answers numeric(5, 2),
        has_brand_presence boolean NOT NULL,
        brand_first_position integer,
        brand_positions integer[],
        total_brand_mentions integer NOT NULL,
        total_word_count integer NOT NULL
    );
    EXECUTE pg_catalog.format(
        'CREATE TABLE public.competitor_metrics (
            id bigserial PRIMARY KEY,
            metric_fact_id bigint NOT NULL,
            competitor_id %s NOT NULL,
            visibility_index numeric(5, 2),
            share_of_answers numeric(5, 2),
            competitor_positions integer[],
            competitor_mentions integer NOT NULL,
            UNIQUE (metric_fact_id, competitor_id)
        )', competitor);
    CREATE TABLE public.brand_sentiment (
        id bigserial PRIMARY KEY,
        metric_fact_id bigint NOT NULL UNIQUE,
        sentiment_label text,
        sentiment_score numeric(5, 2),
        positive_sentences jsonb,
        negative_sentences jsonb
    );
    EXECUTE pg_catalog.format(
        'CREATE TABLE public.competitor_sentiment (
            id bigserial PRIMARY KEY,
            metric_fact_id bigint NOT NULL,
            competitor_id %s NOT NULL,
            sentiment_label text,
            sentiment_score numeric(5, 2),
            positive_sentences jsonb,
            negative_sentences jsonb,
            UNIQUE (metric_fact_id, competitor_id)
        )', competitor);
    CREATE TABLE evidently_schema.touched_days (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        brand_id uuid,
        metric_date date
    );
END
$do$;
