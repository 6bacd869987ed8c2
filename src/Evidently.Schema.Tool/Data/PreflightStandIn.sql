-- In a transaction that is rolled back: what the notes refer to, so that the projection can be made and tried without the star.
CREATE TABLE public.metric_facts (id bigint, collector_result_id bigint, brand_id uuid, customer_id uuid, query_id uuid);
