using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.DualWrite;

/// <summary>What PostgREST sends for a call of <c>rpc('save_positions', …)</c>: a transaction, the role set in it, one SELECT with the body as JSON.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class PostgrestTests
{
    private const string Call =
        """
        WITH pgrst_source AS (
            SELECT pgrst_call.pgrst_scalar
            FROM (SELECT $1 AS json_data) AS pgrst_payload,
            LATERAL (SELECT * FROM json_to_record(pgrst_payload.json_data) AS _ ("p_brand" jsonb, "p_collector_result_id" bigint, "p_competitors" jsonb)) AS pgrst_args,
            LATERAL (SELECT "evidently_schema"."save_positions"("p_brand" := pgrst_args."p_brand", "p_collector_result_id" := pgrst_args."p_collector_result_id",
                "p_competitors" := pgrst_args."p_competitors") AS pgrst_scalar) AS pgrst_call
        )
        SELECT coalesce(json_agg(_postgrest_t.pgrst_scalar)->0, 'null')::text FROM (SELECT pgrst_source.* FROM pgrst_source) AS _postgrest_t
        """;

    private const string Body =
        """
        SELECT json_build_object('p_collector_result_id', 1,
            'p_brand', json_build_object('brand_id', b.brand_id, 'customer_id', b.customer_id, 'query_id', b.query_id, 'collector_type', 'posted',
                'visibility_index', 0.4, 'share_of_answers_brand', 20, 'has_brand_presence', true, 'brand_positions', '[1,2]'::json),
            'p_competitors', (SELECT json_agg(json_build_object('competitor_name', c.competitor_name, 'brand_id', b.brand_id, 'visibility_index_competitor', 0.2))
                FROM brand_competitors AS c WHERE c.brand_id = b.brand_id))::text
        FROM extracted_positions AS b WHERE b.collector_result_id = 1 AND b.competitor_name IS NULL
        """;

    [TestCase("service_role", "")]
    [TestCase("authenticated", "GRANT USAGE ON SCHEMA evidently_schema TO authenticated; GRANT EXECUTE ON FUNCTION evidently_schema.save_positions, evidently_schema.position_rows TO authenticated;")]
    public async Task A_call_saves_the_result_in_legacy_and_in_the_star(string role, string grant)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced, new LegacyVariant { SupabaseRoles = true });
        await database.ExecuteAsync(grant.Length == 0 ? "SELECT 1" : grant);

        Assert.That(await PostAsync(database, role), Is.EqualTo("3"), "rows written");

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.change_notes"), Is.Zero, "notes");
        Assert.That(await database.ScalarAsync<string>("SELECT collector_type FROM metric_facts WHERE collector_result_id = 1"), Is.EqualTo("posted"));
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM competitor_metrics AS m JOIN metric_facts AS f ON f.id = m.metric_fact_id WHERE f.collector_result_id = 1"), Is.EqualTo(2));
        await database.ExecuteAsync("SELECT public.refresh_mv_brand_daily_metrics()");
        await database.AssertStarAsync();
    }

    [TestCase("anon")]
    [TestCase("authenticated")]
    public async Task An_outsider_is_refused_unless_the_host_grants_it(string role)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced, new LegacyVariant { SupabaseRoles = true });

        var refusal = (await Assert.ThrowsAsync<PostgresException>(() => PostAsync(database, role)))!;

        Assert.That(refusal.SqlState, Is.EqualTo(PostgresErrorCodes.InsufficientPrivilege));
    }

    private static async Task<string?> PostAsync(StarDatabase database, string role)
    {
        var body = await database.ScalarAsync<string>(Body);
        await using var session = await Session.OpenAsync(database.AdminConnectionString);
        await session.ExecuteAsync("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
        await session.ExecuteAsync(
            $$"""
            SELECT set_config('search_path', '"evidently_schema", "public"', true), set_config('role', '{{role}}', true),
                set_config('request.jwt.claims', '{"role":"{{role}}"}', true), set_config('request.method', 'POST', true), set_config('request.path', '/rpc/save_positions', true)
            """);
        await using var call = new NpgsqlCommand(Call, session.Connection) { Parameters = { new() { Value = body, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Json } } };
        var answer = (string?)await call.ExecuteScalarAsync();
        await session.ExecuteAsync("COMMIT");
        return answer;
    }
}
