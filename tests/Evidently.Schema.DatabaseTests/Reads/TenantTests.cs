using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Reads;

/// <summary>
/// What a role may not see of legacy, it sees through no function; and no role that sees it is sent to a star that hides it. Tried as the
/// role itself, with a tenant's policy on legacy.
/// </summary>
[Parallelizable(ParallelScope.All)]
[Category("Versions")]
public sealed class TenantTests
{
    private const string Policy = "customer_id = nullif(current_setting('app.customer', true), '')::uuid";
    private const string AnsweredBy = "current_setting('evidently_schema.answered_by')";

    private const string OurFunctions =
        """
        SELECT p.oid::regprocedure::text FROM pg_proc AS p WHERE p.prokind = 'f' AND (p.pronamespace = 'evidently_schema'::regnamespace
            OR p.pronamespace = 'public'::regnamespace AND obj_description(p.oid, 'pg_proc') LIKE '%evidently_schema.read_routes%')
        """;

    [TestCase("anon")]
    [TestCase("authenticated")]
    public async Task Without_the_hosts_word_an_outsider_may_call_nothing(string role)
    {
        await using var database = await TenantsAsync();
        await using var session = await Session.OpenAsync(database.AdminConnectionString, $"SET ROLE {role}");
        await using var owner = await database.OpenAsync();

        Assert.That(await database.ListAsync($"SELECT f FROM ({OurFunctions}) AS o (f) WHERE has_function_privilege('{role}', f, 'EXECUTE')"), Is.Empty);
        foreach (var call in await ReadCalls.SuggestAsync(owner.Connection, seed: 1))
        {
            var refusal = await Assert.ThrowsAsync<PostgresException>(() => session.ExecuteAsync($"SELECT * FROM public.{call.Name}({call.Arguments})"), call.ToString());
            Assert.That(refusal!.SqlState, Is.EqualTo(PostgresErrorCodes.InsufficientPrivilege), call.ToString());
        }
    }

    /// <summary>With every route at 100 and no policy on the star: the tenant is answered from legacy, and sees what he saw.</summary>
    [Test]
    public async Task A_tenant_whom_the_star_would_hide_rows_from_is_answered_from_legacy()
    {
        await using var database = await TenantsAsync();
        await RaiseAsync(database);
        await database.ExecuteAsync("SELECT evidently_schema.allow_reads('authenticated')");

        await AssertTenantsAsync(database, "legacy");

        await database.ExecuteAsync("GRANT SELECT ON metric_facts, brand_metrics, competitor_metrics, brand_sentiment, competitor_sentiment TO authenticated");
        await AssertTenantsAsync(database, "legacy");
    }

    /// <summary>What star_refusals says is typed as it is said; then the star shows the tenant exactly what legacy does.</summary>
    [Test]
    public async Task What_the_refusal_says_to_type_opens_the_star_to_each_tenants_own_rows()
    {
        await using var database = await TenantsAsync();
        await database.ExecuteAsync("SELECT evidently_schema.allow_reads('authenticated')");
        await database.ExecuteAsync("SELECT count(*) FROM evidently_schema.verify()");
        var refusal = await Assert.ThrowsAsync<PostgresException>(() => RouteTests.RouteAsync(database, "topics", 10));
        Assert.That(refusal!.SqlState, Is.EqualTo("EV011"));
        Assert.That(refusal.MessageText, Does.Contain("role authenticated").And.Contain("GRANT SELECT ON public.metric_facts").And.Contain("CREATE POLICY"));

        foreach (var statement in await database.ListAsync("SELECT s FROM unnest(evidently_schema.star_refusals('authenticated')) AS s"))
        {
            await database.ExecuteAsync(statement);
        }

        Assert.That(await database.ListAsync("SELECT s FROM unnest(evidently_schema.star_refusals('authenticated')) AS s"), Is.Empty);
        await RaiseAsync(database);
        await AssertTenantsAsync(database, "star");
    }

    /// <summary>A route that stands at 100 does not keep a reader on a star that a policy has closed since.</summary>
    [Test]
    public async Task A_policy_that_closes_the_star_later_takes_its_readers_back_to_legacy_at_once()
    {
        await using var database = await OpenStarAsync();
        await AssertTenantsAsync(database, "star");

        await database.ExecuteAsync("CREATE POLICY closed ON competitor_metrics AS RESTRICTIVE FOR SELECT TO authenticated USING (false)");
        await AssertTenantsAsync(database, "legacy");
        var refusal = await Assert.ThrowsAsync<PostgresException>(async () =>
        {
            await RouteTests.RouteAsync(database, "topics", 0);
            await RouteTests.RouteAsync(database, "topics", 1);
        });
        Assert.That(refusal!.MessageText, Does.Contain("star_policies_confirmed"));
    }

    [TestCase("USING (true)", "a star that shows more")]
    [TestCase("USING (customer_id = nullif(current_setting('app.customer', true), '')::uuid AND collector_type <> 'chatgpt')", "a star that shows less")]
    public async Task A_star_with_other_policies_than_legacy_is_not_read_unless_the_host_confirms_them(string policy, string what)
    {
        await using var database = await OpenStarAsync();
        await database.ExecuteAsync($"DROP POLICY evidently_schema_authenticated_1 ON metric_facts; CREATE POLICY other ON metric_facts FOR SELECT TO authenticated {policy}");
        await AssertTenantsAsync(database, "legacy");

        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = 'true' WHERE name = 'star_policies_confirmed'");

        await using var session = await AsTenantAsync(database, 0);
        Assert.That(await session.ScalarAsync<string>($"SELECT {AnsweredBy} FROM {Dashboard(await BrandAsync(database))}"), Is.EqualTo("star"), what);
    }

    [Test]
    public async Task A_role_that_sees_all_of_legacy_needs_a_policy_that_shows_all_of_the_star()
    {
        var role = $"analyst_{Guid.NewGuid():N}";
        await using var database = await StarDatabase.CreateAsync(Steps.Synced, new LegacyVariant { SupabaseRoles = true });
        await Sql.ExecuteAsync(database.AdminConnectionString, $"CREATE ROLE {role}; GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}; REVOKE ALL ON metric_facts, brand_metrics, competitor_metrics, brand_sentiment, competitor_sentiment, mv_brand_daily_metrics FROM {role}");
        try
        {
            await database.MigrateAsync(Phase.Reads);
            await database.ExecuteAsync("SELECT count(*) FROM evidently_schema.verify()");
            await Assert.ThrowsAsync<PostgresException>(() => RouteTests.RouteAsync(database, "topics", 10));
            await using var session = await Session.OpenAsync(database.AdminConnectionString, $"SET ROLE {role}");
            var call = $"SELECT {AnsweredBy} FROM {Dashboard(await BrandAsync(database))}";
            Assert.That(await session.ScalarAsync<string>(call), Is.EqualTo("legacy"));

            foreach (var statement in await database.ListAsync($"SELECT s FROM unnest(evidently_schema.star_refusals('{role}')) AS s"))
            {
                await database.ExecuteAsync(statement);
            }

            await database.ExecuteAsync("UPDATE evidently_schema.read_routes SET star_percent = 100");
            Assert.That(await session.ScalarAsync<string>(call), Is.EqualTo("star"));
            Assert.That(
                await session.ListAsync("SELECT t::text FROM public.get_brand_visibility_metrics((SELECT brand_id FROM metric_facts WHERE collector_result_id = 1), '2000-01-01', '2100-01-01') AS t"),
                Is.EqualTo(await database.ListAsync("SELECT t::text FROM evidently_schema.legacy_get_brand_visibility_metrics((SELECT brand_id FROM metric_facts WHERE collector_result_id = 1), '2000-01-01', '2100-01-01') AS t")).And.Not.Empty);
            Assert.That(await session.ScalarAsync<bool>("SELECT has_table_privilege('mv_brand_daily_metrics', 'SELECT')"), Is.False, "computed live: it may not read the view");
        }
        finally
        {
            await Sql.ExecuteAsync(database.AdminConnectionString, $"DROP OWNED BY {role}; DROP ROLE {role}");
        }
    }

    [Test]
    public async Task The_service_role_reads_every_tenant_from_the_star()
    {
        await using var database = await TenantsAsync();
        await RaiseAsync(database);
        await using var session = await Session.OpenAsync(database.AdminConnectionString, "SET ROLE service_role");
        await using var owner = await database.OpenAsync();
        foreach (var call in await ReadCalls.SuggestAsync(owner.Connection, seed: 5))
        {
            Assert.That(await session.ListAsync($"SELECT t::text FROM public.{call.Name}({call.Arguments}) AS t"), Is.EqualTo(await owner.ListAsync($"SELECT t::text FROM evidently_schema.legacy_{call.Name}({call.Arguments}) AS t")), call.ToString());
        }

        Assert.That(await session.ScalarAsync<string>($"SELECT {AnsweredBy} FROM {Dashboard(await BrandAsync(database))}"), Is.EqualTo("star"));
    }

    /// <summary>Two tenants with results of the same brands, a policy on legacy that parts them.</summary>
    private static async Task<StarDatabase> TenantsAsync()
    {
        var database = await StarDatabase.CreateAsync(Steps.Routed, new LegacyVariant { SupabaseRoles = true });
        await database.ExecuteAsync("UPDATE extracted_positions SET customer_id = (SELECT id FROM customers ORDER BY id OFFSET (collector_result_id % 2) LIMIT 1)");
        await database.ExecuteAsync("CALL evidently_schema.drain(30)");
        await database.ExecuteAsync("SELECT public.refresh_mv_brand_daily_metrics()");
        await database.ExecuteAsync(
            $"""
            ALTER TABLE extracted_positions ENABLE ROW LEVEL SECURITY;
            CREATE POLICY tenant ON extracted_positions FOR ALL TO authenticated USING ({Policy});
            GRANT SELECT ON ALL TABLES IN SCHEMA public TO service_role;
            """);
        return database;
    }

    private static async Task<StarDatabase> OpenStarAsync()
    {
        var database = await TenantsAsync();
        await database.ExecuteAsync("SELECT evidently_schema.allow_reads('authenticated')");
        foreach (var statement in await database.ListAsync("SELECT s FROM unnest(evidently_schema.star_refusals('authenticated')) AS s"))
        {
            await database.ExecuteAsync(statement);
        }

        await RaiseAsync(database);
        return database;
    }

    private static async Task RaiseAsync(StarDatabase database)
    {
        await database.ExecuteAsync("SELECT count(*) FROM evidently_schema.verify()");
        await database.ExecuteAsync("UPDATE evidently_schema.read_routes SET star_percent = 100");
    }

    private static Task<Guid> BrandAsync(StarDatabase database) => database.ScalarAsync<Guid>("SELECT brand_id FROM extracted_positions WHERE collector_result_id = 1 LIMIT 1");

    private static string Dashboard(Guid brand) => $"public.get_dashboard_metrics('{brand}', '{brand}', '-infinity', 'infinity')";

    private static async Task<Session> AsTenantAsync(StarDatabase database, int number)
    {
        var customer = await database.ScalarAsync<Guid>($"SELECT id FROM customers ORDER BY id OFFSET {number} LIMIT 1");
        return await Session.OpenAsync(database.AdminConnectionString, $"SET ROLE authenticated; SET app.customer = '{customer}'");
    }

    /// <summary>Each tenant gets from every call what legacy's rows of his own make, whatever brand, customer or result he asks for.</summary>
    private static async Task AssertTenantsAsync(StarDatabase database, string answeredBy)
    {
        await using var owner = await database.OpenAsync();
        var calls = await ReadCalls.SuggestAsync(owner.Connection, seed: 2);
        var brand = await BrandAsync(database);
        var seen = new List<string>();
        foreach (var number in new[] { 0, 1 })
        {
            await using var session = await AsTenantAsync(database, number);
            foreach (var call in calls)
            {
                var rows = await session.ListAsync($"SELECT t::text FROM public.{call.Name}({call.Arguments}) AS t");
                Assert.That(rows, Is.EqualTo(await session.ListAsync($"SELECT t::text FROM evidently_schema.legacy_{call.Name}({call.Arguments}) AS t")), $"{number}: {call}");
                seen.AddRange(rows.Where(_ => call.Name is "get_keyword_presence").Select(row => $"{number} {row}"));
            }

            Assert.That(await session.ScalarAsync<string>($"SELECT {AnsweredBy} FROM {Dashboard(brand)}"), Is.EqualTo(answeredBy));
            Assert.That(
                await session.ListAsync("SELECT collector_result_id FROM public.get_keyword_presence(NULL) ORDER BY 1"),
                Is.EqualTo(await owner.ListAsync($"SELECT DISTINCT collector_result_id FROM extracted_positions WHERE collector_result_id % 2 = {number} ORDER BY 1")), "his own results and no other's");
        }

        Assert.That(seen, Is.Not.Empty);
        await using var nobody = await Session.OpenAsync(database.AdminConnectionString, "SET ROLE authenticated");
        Assert.That(await nobody.ListAsync("SELECT collector_result_id FROM public.get_keyword_presence(NULL)"), Is.Empty, "without a tenant");
    }
}
