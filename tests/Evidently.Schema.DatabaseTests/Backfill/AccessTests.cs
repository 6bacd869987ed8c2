using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>Who sees and changes what, tried as the role itself. The migration runs as the owner, who is no superuser.</summary>
[Parallelizable(ParallelScope.All)]
[Category("Versions")]
public sealed class AccessTests
{
    private const string OurRelations =
        """
        SELECT c.oid::regclass::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'v', 'm') AND (n.nspname = 'evidently_schema'
            OR c.relname IN ('metric_facts', 'brand_metrics', 'competitor_metrics', 'brand_sentiment', 'competitor_sentiment', 'mv_brand_daily_metrics'))
        """;

    private const string OurSequences =
        """
        SELECT c.oid::regclass::text FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind = 'S' AND (n.nspname = 'evidently_schema' OR c.relname ~ '^(metric_facts|brand_metrics|competitor_metrics|brand_sentiment|competitor_sentiment)_id_seq$')
        """;

    private const string OurRoutines =
        """
        SELECT p.oid::regprocedure::text FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
        WHERE n.nspname = 'evidently_schema' OR p.proname = 'refresh_mv_brand_daily_metrics'
            OR n.nspname = 'public' AND obj_description(p.oid, 'pg_proc') LIKE '%evidently_schema.read_routes%'
        """;

    private const string OurTriggerFunctions =
        "SELECT p.oid::regprocedure::text FROM pg_proc AS p WHERE p.pronamespace = 'evidently_schema'::regnamespace AND p.prorettype = 'trigger'::regtype";

    [TestCase("anon")]
    [TestCase("authenticated")]
    public async Task An_outsider_sees_and_changes_nothing(string role)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed, new LegacyVariant { SupabaseRoles = true });
        await using var session = await AsAsync(database, role);
        var relations = await database.ListAsync(OurRelations);
        Assert.That(relations, Has.Count.GreaterThan(20));
        foreach (var relation in relations)
        {
            await AssertDeniedAsync(session, $"SELECT * FROM {relation}");
            Assert.That(
                await database.ScalarAsync<bool>($"SELECT has_table_privilege('{role}', '{relation}', 'INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')"), Is.False, relation);
        }

        foreach (var relation in new[] { "metric_facts", "brand_metrics", "evidently_schema.settings", "evidently_schema.change_notes" })
        {
            foreach (var attempt in new[] { $"INSERT INTO {relation} DEFAULT VALUES", $"DELETE FROM {relation}", $"TRUNCATE {relation}" })
            {
                await AssertDeniedAsync(session, attempt);
            }
        }

        foreach (var sequence in await database.ListAsync(OurSequences))
        {
            await AssertDeniedAsync(session, $"SELECT nextval('{sequence}')");
        }

        foreach (var routine in new[]
        {
            "SELECT public.refresh_mv_brand_daily_metrics()", "SELECT evidently_schema.verify()", "SELECT evidently_schema.repair()", "CALL evidently_schema.backfill()",
            "CALL evidently_schema.drain()", "SELECT evidently_schema.to_metric(1)", "SELECT evidently_schema.project('{1}')",
        })
        {
            await AssertDeniedAsync(session, routine);
        }

        Assert.That(await database.ListAsync($"SELECT r FROM ({OurRoutines}) AS o (r) WHERE has_function_privilege('{role}', r, 'EXECUTE')"), Is.Empty);
        await database.AssertStarAsync();
    }

    /// <summary>The triggers run with their owner's rights: an outsider who may write legacy still does, and is noted.</summary>
    [Test]
    public async Task An_outsider_writes_legacy_as_before_and_is_noted()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed, new LegacyVariant { SupabaseRoles = true });
        await using var session = await AsAsync(database, "authenticated");

        await session.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.42 WHERE collector_result_id = 1");
        await session.ExecuteAsync("DELETE FROM extracted_positions WHERE collector_result_id = 2");
        await session.ExecuteAsync("UPDATE generated_queries SET topic = 'another'");
        await session.ExecuteAsync("DELETE FROM collector_results WHERE id = 3");

        await database.AssertDrainedAsync(guarded: true);
        Assert.That(await database.ScalarAsync<decimal>("SELECT visibility_index FROM brand_metrics AS b JOIN metric_facts AS f ON f.id = b.metric_fact_id WHERE collector_result_id = 1"), Is.EqualTo(0.42m));
    }

    [Test]
    public async Task The_service_role_may_do_everything()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed, new LegacyVariant { SupabaseRoles = true });
        await using var session = await AsAsync(database, "service_role");
        foreach (var relation in await database.ListAsync(OurRelations))
        {
            Assert.That(await session.ScalarAsync<bool>($"SELECT has_table_privilege('{relation}', 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE')"), relation);
        }

        Assert.That(await database.ListAsync($"SELECT r FROM ({OurRoutines}) AS o (r) WHERE NOT has_function_privilege('service_role', r, 'EXECUTE')"), Is.EquivalentTo(await database.ListAsync(OurTriggerFunctions)));
        Assert.That(await session.ScalarAsync<long>("SELECT count(*) FROM metric_facts"), Is.EqualTo(StarDatabase.Few.Results), "row security does not hide them");
        await session.ExecuteAsync("UPDATE extracted_positions SET visibility_index = 0.42 WHERE collector_result_id = 1");
        await session.ExecuteAsync("CALL evidently_schema.drain(30)");
        Assert.That(await session.ScalarAsync<bool>("SELECT public.refresh_mv_brand_daily_metrics()"));
        Assert.That(await session.ScalarAsync<bool>("SELECT bool_and(v.ok) FROM evidently_schema.verify() AS v"));
        await database.AssertStarAsync();
    }

    [Test]
    public async Task A_reader_of_legacy_may_execute_and_nothing_else()
    {
        var role = $"reader_{Guid.NewGuid():N}";
        await using var database = await StarDatabase.CreateAsync(0, new LegacyVariant { SupabaseRoles = true });
        await Sql.ExecuteAsync(database.AdminConnectionString, $"CREATE ROLE {role}; GRANT SELECT ON extracted_positions TO {role}");
        try
        {
            await database.MigrateAsync(Phase.Backfill);
            await using var session = await AsAsync(database, role);
            foreach (var relation in await database.ListAsync(OurRelations))
            {
                await AssertDeniedAsync(session, $"SELECT * FROM {relation}");
                Assert.That(await session.ScalarAsync<bool>($"SELECT has_table_privilege('{relation}', 'INSERT, UPDATE, DELETE, TRUNCATE')"), Is.False, relation);
            }

            Assert.That(
                await database.ListAsync($"SELECT r FROM ({OurRoutines}) AS o (r) WHERE NOT has_function_privilege('{role}', r, 'EXECUTE')"), Is.EquivalentTo(await database.ListAsync(OurTriggerFunctions)));
            Assert.That(await session.ScalarAsync<decimal>("SELECT evidently_schema.to_metric(1.005)"), Is.EqualTo(1.01m));
            await AssertDeniedAsync(session, "SELECT evidently_schema.repair()");
            await AssertDeniedAsync(session, "SELECT evidently_schema.project('{1}')");
        }
        finally
        {
            await Sql.ExecuteAsync(database.AdminConnectionString, $"DROP OWNED BY {role}; DROP ROLE {role}");
        }
    }

    /// <summary>
    /// In a trigger on a table of one's own, <c>new_rows</c> is a view of one's own, and what it calls would run as the owner of capture. Was seen to, while
    /// readers had EXECUTE on trigger functions.
    /// </summary>
    [TestCase("capture_legacy")]
    [TestCase("capture_parent")]
    [TestCase("capture_star")]
    [TestCase("capture_replicated")]
    [TestCase("touch_days")]
    public async Task A_reader_of_legacy_makes_no_trigger_that_runs_as_the_owner(string function)
    {
        var role = $"reader_{Guid.NewGuid():N}";
        await using var database = await StarDatabase.CreateAsync(0, new LegacyVariant { SupabaseRoles = true });
        await Sql.ExecuteAsync(database.AdminConnectionString, $"CREATE ROLE {role}; GRANT SELECT ON extracted_positions TO {role}");
        try
        {
            await database.MigrateAsync(Phase.Backfill);
            foreach (var who in new[] { role, "service_role" })
            {
                await using var session = await AsAsync(database, who);
                await session.ExecuteAsync("CREATE TEMP TABLE bait (id integer)");
                await AssertDeniedAsync(session, $"CREATE TRIGGER bait AFTER INSERT ON bait FOR EACH STATEMENT EXECUTE FUNCTION evidently_schema.{function}()");
            }
        }
        finally
        {
            await Sql.ExecuteAsync(database.AdminConnectionString, $"DROP OWNED BY {role}; DROP ROLE {role}");
        }
    }

    [Test]
    public async Task Nobody_gets_anything_through_public_and_row_security_is_enabled()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed);

        Assert.That(
            await database.ListAsync(
                """
                SELECT p.oid::regprocedure FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) AS a
                WHERE a.grantee = 0 AND (n.nspname = 'evidently_schema' OR p.proname = 'refresh_mv_brand_daily_metrics')
                UNION ALL
                SELECT c.oid::regclass FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace, aclexplode(c.relacl) AS a
                WHERE a.grantee = 0 AND (n.nspname = 'evidently_schema' OR c.relname ~ '^(metric_facts|brand_|competitor_|mv_brand_daily_metrics)')
                UNION ALL
                SELECT n.nspname::regnamespace FROM pg_namespace AS n, aclexplode(n.nspacl) AS a WHERE a.grantee = 0 AND n.nspname = 'evidently_schema'
                """.Replace("SELECT p.oid::regprocedure", "SELECT p.oid::regprocedure::text", StringComparison.Ordinal)
                .Replace("SELECT c.oid::regclass", "SELECT c.oid::regclass::text", StringComparison.Ordinal)
                .Replace("SELECT n.nspname::regnamespace", "SELECT n.nspname::text", StringComparison.Ordinal)),
            Is.Empty);
        Assert.That(
            await database.ListAsync("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relrowsecurity ORDER BY 1"),
            Is.EqualTo(new[] { "brand_metrics", "brand_sentiment", "competitor_metrics", "competitor_sentiment", "metric_facts" }));
        Assert.That(
            await database.ListAsync(
                $"SELECT r FROM ({OurRoutines}) AS o (r) JOIN pg_proc AS p ON p.oid = o.r::regprocedure WHERE p.prosecdef AND NOT p.proconfig::text LIKE '%search_path=%'"),
            Is.Empty, "functions with their owner's rights and the caller's search_path");
        Assert.That(await database.ScalarAsync<bool>("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"), Is.False);
    }

    /// <summary>PostgREST logs in as one role for everybody: who it works for must be told apart.</summary>
    [Test]
    public async Task The_audit_trail_names_the_role_beside_the_log_in()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Created);
        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = '7' WHERE name = 'backfill_pause_ms'");
        await using var session = await AsAsync(database, LegacyDatabase.OwnerRole);
        await session.ExecuteAsync("UPDATE evidently_schema.settings SET value = '8' WHERE name = 'backfill_pause_ms'");

        Assert.That(
            await database.ListAsync("SELECT actor FROM evidently_schema.events WHERE subject = 'backfill_pause_ms' ORDER BY id"),
            Is.EqualTo(new[] { LegacyDatabase.OwnerRole, $"{await session.ScalarAsync<string>("SELECT session_user::text")} ({LegacyDatabase.OwnerRole})" }));
        Assert.That(await database.ScalarAsync<string>("SELECT changed_by FROM evidently_schema.settings WHERE name = 'backfill_pause_ms'"), Does.EndWith($"({LegacyDatabase.OwnerRole})"));
    }

    private static async Task<Session> AsAsync(StarDatabase database, string role) =>
        await Session.OpenAsync(database.AdminConnectionString, $"SET ROLE {role}");

    private static async Task AssertDeniedAsync(Session session, string sql)
    {
        var refusal = await Assert.CatchAsync<PostgresException>(() => session.ExecuteAsync(sql), sql);
        Assert.That(refusal!.SqlState, Is.EqualTo(PostgresErrorCodes.InsufficientPrivilege), sql + ": " + refusal.MessageText);
    }
}
