using System.Text.Json.Nodes;
using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.Retire;

namespace Evidently.Schema.DatabaseTests.PostgRest;

/// <summary>Tenants that a policy parts by a claim of the request's token, as a host of Supabase's does.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class TenantTests
{
    private const string Policy =
        """
        UPDATE extracted_positions SET customer_id = (SELECT id FROM customers ORDER BY id OFFSET (collector_result_id % 2) LIMIT 1);
        CALL evidently_schema.drain(30);
        ALTER TABLE extracted_positions ENABLE ROW LEVEL SECURITY;
        CREATE POLICY tenant ON extracted_positions TO authenticated USING (customer_id = (current_setting('request.jwt.claims', true)::json ->> 'customer_id')::uuid);
        SELECT public.refresh_mv_brand_daily_metrics();
        SELECT evidently_schema.allow_reads('authenticated');
        GRANT EXECUTE ON FUNCTION evidently_schema.save_positions, evidently_schema.position_rows TO authenticated;
        """;

    [Test]
    public async Task Each_reads_his_own_results_from_legacy_and_when_its_policies_are_copied_from_the_star()
    {
        await using var rest = await StartAsync();
        await AssertOwnAsync(rest);
        foreach (var statement in await rest.Database.ListAsync("SELECT s FROM unnest(evidently_schema.star_refusals('authenticated')) AS s"))
        {
            await rest.Database.ExecuteAsync(statement);
        }

        await rest.Database.ExecuteAsync("SELECT evidently_schema.verify(); UPDATE evidently_schema.read_routes SET star_percent = 100");
        await AssertOwnAsync(rest);

        await rest.Database.ExecuteAsync(ReadTests.Empty);
        Assert.That(await ReadAsync(rest, await CustomerAsync(rest, 0)), Is.Empty, "it is the star that answers");
    }

    [Test]
    public async Task Each_writes_his_own_results_alone_before_archive_and_after([Values] bool archived)
    {
        await using var rest = await StartAsync();
        if (archived)
        {
            foreach (var statement in await rest.Database.ListAsync("SELECT s FROM unnest(evidently_schema.star_refusals('authenticated')) AS s"))
            {
                await rest.Database.ExecuteAsync(statement);
            }

            await rest.Database.ExecuteAsync(
                """
                REVOKE ALL ON extracted_positions FROM anon;
                UPDATE evidently_schema.settings SET value = 'true' WHERE name = 'star_policies_confirmed';
                GRANT SELECT ON brand_competitors, collector_results, brands TO authenticated;
                INSERT INTO collector_results (id) VALUES (100), (101) ON CONFLICT DO NOTHING;
                UPDATE evidently_schema.rejected_rows SET acknowledged = true;
                SELECT evidently_schema.verify();
                UPDATE evidently_schema.read_routes SET star_percent = 100;
                """);
            await rest.Database.MigrateAsync(Phase.Retire);
            await rest.Database.ExecuteAsync(RetireDatabase.ToStar);
        }

        var (own, other) = (await CustomerAsync(rest, 0), await CustomerAsync(rest, 1));
        var arguments = await rest.ResultAsync(2, like: 2);

        Assert.That((await rest.SendAsync("PATCH", "extracted_positions?collector_result_id=in.(1,2)&select=collector_result_id", new JsonObject { ["sentiment_score"] = 12 }, "authenticated", prefer: "return=representation", customer: own))
            .Done().Json!.AsArray().Select(row => (int)row!["collector_result_id"]!).Distinct(), Is.EqualTo(new[] { 2 }), "even results are his");
        Assert.That((await rest.SaveAsync(arguments, "authenticated", own)).Done().Text, Is.EqualTo("3"));
        (await rest.SaveAsync(arguments, "authenticated", other)).AssertRefused(System.Net.HttpStatusCode.Forbidden, "42501", "row-level security");
        Assert.That((await rest.SendAsync("DELETE", "extracted_positions?collector_result_id=eq.2&select=id", null, "authenticated", prefer: "return=representation", customer: other)).Done().Text, Is.EqualTo("[]"));

        Assert.That(await rest.Database.ScalarAsync<long>("SELECT count(*) FROM extracted_positions WHERE collector_result_id = 2 AND visibility_index = 0.42"), Is.EqualTo(3));
        await rest.Database.AssertVerifiedAsync();
    }

    private static Task<Rest> StartAsync() => Rest.StartAsync(async () =>
    {
        var database = await StarDatabase.CreateAsync(Steps.Routed, Rest.Variant);
        await using var session = await database.OpenAsync();
        foreach (var statement in Policy.Split(";\n"))
        {
            await session.ExecuteAsync(statement);
        }

        return database;
    });

    private static Task<Guid> CustomerAsync(Rest rest, int number) => rest.Database.ScalarAsync<Guid>($"SELECT id FROM customers ORDER BY id OFFSET {number} LIMIT 1");

    private static async Task<List<long>> ReadAsync(Rest rest, Guid? customer)
    {
        var all = new JsonArray([.. Enumerable.Range(1, 16).Select(id => JsonValue.Create(id))]);
        var read = await rest.CallAsync("get_keyword_presence", new() { ["p_collector_result_ids"] = all }, "authenticated", customer: customer);
        return [.. read.Done().Json!.AsArray().Select(row => (long)row!["collector_result_id"]!).Order()];
    }

    private static async Task AssertOwnAsync(Rest rest)
    {
        foreach (var number in new[] { 0, 1 })
        {
            var seen = await ReadAsync(rest, await CustomerAsync(rest, number));
            Assert.That(seen, Is.EqualTo(Enumerable.Range(1, 16).Where(id => id % 2 == number)));
        }

        Assert.That(await ReadAsync(rest, customer: null), Is.Empty, "without the claim");
    }
}
