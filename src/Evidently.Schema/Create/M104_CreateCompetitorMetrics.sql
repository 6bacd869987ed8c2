-- The plan's step 1.1.3. competitor_id has the type of brand_competitors.id, integer in the plan, uuid or bigint in other databases.
CALL evidently_schema.step(ARRAY['brand_competitors'], $step$

CREATE TABLE IF NOT EXISTS public.competitor_metrics (
    id BIGSERIAL PRIMARY KEY,
    metric_fact_id BIGINT NOT NULL
        CONSTRAINT competitor_metrics_metric_fact_id_fkey REFERENCES public.metric_facts (id) ON DELETE CASCADE,
    competitor_id INTEGER NOT NULL,
    visibility_index NUMERIC(5,2),
    share_of_answers NUMERIC(5,2),
    competitor_positions INTEGER[],
    competitor_mentions INTEGER NOT NULL DEFAULT 0,
    CONSTRAINT idx_competitor_metrics_fact_comp UNIQUE (metric_fact_id, competitor_id)
);

DO $type$
DECLARE
    id_type text := (SELECT format_type(a.atttypid, a.atttypmod) FROM pg_catalog.pg_attribute AS a
        WHERE a.attrelid = 'public.brand_competitors'::regclass AND a.attname = 'id');
BEGIN
    IF EXISTS (SELECT FROM pg_catalog.pg_constraint AS c WHERE c.conrelid = 'public.competitor_metrics'::regclass
        AND c.conname = 'competitor_metrics_competitor_id_fkey') THEN
        RETURN;
    END IF;
    EXECUTE format('ALTER TABLE public.competitor_metrics ALTER COLUMN competitor_id TYPE %s USING NULL::%1$s', id_type);
    ALTER TABLE public.competitor_metrics ADD CONSTRAINT competitor_metrics_competitor_id_fkey
        FOREIGN KEY (competitor_id) REFERENCES public.brand_competitors (id) ON DELETE CASCADE ON UPDATE CASCADE;
END
$type$;

CREATE INDEX IF NOT EXISTS idx_competitor_metrics_comp ON public.competitor_metrics (competitor_id);
CREATE INDEX IF NOT EXISTS idx_competitor_metrics_visibility ON public.competitor_metrics (competitor_id, visibility_index)
    WHERE visibility_index IS NOT NULL;

ALTER TABLE public.competitor_metrics ENABLE ROW LEVEL SECURITY;

SELECT evidently_schema.restrict_access('public.competitor_metrics');

$step$);
