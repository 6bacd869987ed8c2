namespace Evidently.Schema.DatabaseTests.Model;

/// <summary>The few parents and results that all statements of a sequence share, so that they collide.</summary>
internal static class World
{
    public const string BrandOne = "00000000-0000-0000-0000-0000000000b1";
    public const string BrandTwo = "00000000-0000-0000-0000-0000000000b2";
    public const string CustomerOne = "00000000-0000-0000-0000-0000000000c1";
    public const string CustomerTwo = "00000000-0000-0000-0000-0000000000c2";
    public const string QueryOne = "00000000-0000-0000-0000-0000000000e1";
    public const string QueryTwo = "00000000-0000-0000-0000-0000000000e2";
    public const string QueryThree = "00000000-0000-0000-0000-0000000000e3";

    /// <summary>No row has it.</summary>
    public const string Nobody = "00000000-0000-0000-0000-0000000000ff";

    /// <summary>Results 1 to this one are written by most statements; 101 to 180 by statements of many results.</summary>
    public const int Results = 6;

    public const string Parents =
        $"""
        INSERT INTO customers (id, name) VALUES ('{CustomerOne}', 'one'), ('{CustomerTwo}', 'two') ON CONFLICT DO NOTHING;
        INSERT INTO brands (id, customer_id, name) VALUES ('{BrandOne}', '{CustomerOne}', 'one'), ('{BrandTwo}', '{CustomerTwo}', 'two')
            ON CONFLICT DO NOTHING;
        INSERT INTO generated_queries (id, brand_id, query_text, topic) VALUES ('{QueryOne}', '{BrandOne}', '?', 'one'),
            ('{QueryTwo}', '{BrandTwo}', '?', ' '), ('{QueryThree}', NULL, '?', 'three') ON CONFLICT DO NOTHING;
        INSERT INTO brand_competitors (brand_id, competitor_name) VALUES ('{BrandOne}', 'Acme'), ('{BrandOne}', 'Beta'),
            ('{BrandTwo}', 'Acme'), ('{BrandTwo}', 'Coda') ON CONFLICT DO NOTHING;
        INSERT INTO collector_results (id) SELECT g FROM generate_series(1, 180) AS g WHERE g <= 6 OR g > 100 ON CONFLICT DO NOTHING;
        """;

    /// <summary>Results 1 to 4, a brand row and two competitors each.</summary>
    public const string History =
        $"""
        INSERT INTO extracted_positions (collector_result_id, brand_id, customer_id, query_id, collector_type, competitor_name, processed_at,
            visibility_index, visibility_index_competitor, sentiment_score)
        SELECT g, '{BrandOne}', '{CustomerOne}', CASE WHEN g < 3 THEN '{QueryOne}' ELSE '{QueryTwo}' END::uuid, 'chatgpt', n.name,
            '2025-03-01 12:00Z', 0.5, 0.25, 55
        FROM generate_series(1, 4) AS g CROSS JOIN (VALUES (1, NULL), (2, 'Acme'), (3, 'Beta')) AS n (n, name) ORDER BY g, n.n;
        """;

    /// <summary>Everything away, without triggers; run by the superuser. Every day of the daily view counts as touched.</summary>
    public const string Clear =
        """
        SET session_replication_role = replica;
        DELETE FROM public.extracted_positions; DELETE FROM public.competitor_sentiment; DELETE FROM public.brand_sentiment;
        DELETE FROM public.competitor_metrics; DELETE FROM public.brand_metrics; DELETE FROM public.metric_facts;
        DELETE FROM public.brand_competitors; DELETE FROM public.collector_results; DELETE FROM public.generated_queries;
        DELETE FROM public.brands; DELETE FROM public.customers;
        DELETE FROM evidently_schema.change_notes; DELETE FROM evidently_schema.note_horizons; DELETE FROM evidently_schema.rejected_rows;
        DELETE FROM evidently_schema.touched_days; DELETE FROM evidently_schema.verifications; DELETE FROM evidently_schema.events;
        INSERT INTO evidently_schema.touched_days DEFAULT VALUES;
        SELECT setval(pg_get_serial_sequence('public.extracted_positions', 'id'), 1, false),
            setval(pg_get_serial_sequence('public.brand_competitors', 'id'), 1, false);
        RESET session_replication_role;
        """;
}
