namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>A role that the owner's default privileges give every new table. Through what we make it sees no more than before.</summary>
[Parallelizable(ParallelScope.All)]
[Category("Versions")]
public sealed class DefaultPrivilegeTests
{
    private const string PublicRelations =
        "SELECT c.relname::text FROM pg_class AS c WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'm', 'S')"
        + " AND c.relname ~ '^(metric_facts|brand_metrics|competitor_metrics|brand_sentiment|competitor_sentiment|mv_brand_daily_metrics)'";

    private const string OurRelations =
        "SELECT c.relname::text FROM pg_class AS c WHERE c.relnamespace = 'evidently_schema'::regnamespace AND c.relkind IN ('r', 'v', 'm', 'S')";

    /// <summary>What the role had on legacy, and whether it keeps what it got on the star.</summary>
    public static IEnumerable<object[]> Roles()
    {
        yield return ["SELECT", false];
        yield return ["REVOKE ALL ON extracted_positions FROM {0}", false];
        yield return ["GRANT SELECT ON extracted_positions TO {0}", true];
        yield return ["GRANT SELECT ON extracted_positions TO {0}; ALTER TABLE extracted_positions ENABLE ROW LEVEL SECURITY", false];
    }

    /// <summary>Guard: <see cref="Guard.RevokeDefaults"/>.</summary>
    [TestCaseSource(nameof(Roles))]
    public Task What_default_privileges_give_a_role_is_taken_away_unless_it_sees_all_of_legacy(string legacy, bool keeps) => AssertAsync(legacy, keeps, guarded: true);

    /// <summary>Without it the role reads the daily view, which knows no row security, and writes notes.</summary>
    [Test]
    public Task Without_that_it_would_see_and_write_everything() => AssertAsync("SELECT", keeps: true, guarded: false);

    private static async Task AssertAsync(string legacy, bool keeps, bool guarded)
    {
        var role = $"outsider_{Guid.NewGuid():N}";
        await using var database = await StarDatabase.CreateAsync(0);
        await Sql.ExecuteAsync(database.AdminConnectionString, $"CREATE ROLE {role}; GRANT USAGE ON SCHEMA public TO {role}");
        try
        {
            await database.ExecuteAsync(
                $"""
                ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO {role};
                ALTER DEFAULT PRIVILEGES GRANT ALL ON SEQUENCES TO {role};
                ALTER DEFAULT PRIVILEGES GRANT USAGE ON SCHEMAS TO {role};
                """);
            await database.ExecuteAsync(legacy.Replace("{0}", role, StringComparison.Ordinal));
            if (!guarded)
            {
                await Steps.UpAsync(database.ConnectionString, 101);
                await Guard.RevokeDefaults.RemoveAsync(database);
            }

            await Steps.UpAsync(database.ConnectionString, Steps.Finished);

            Assert.That(await HasAsync(database, role, PublicRelations, "public"), keeps ? Is.Not.Empty : Is.Empty);
            Assert.That(await HasAsync(database, role, OurRelations, "evidently_schema"), guarded ? Is.Empty : Is.Not.Empty);
            await using var session = await Session.OpenAsync(database.AdminConnectionString, $"SET ROLE {role}");
            await AssertMayAsync(session, "SELECT count(*) FROM public.mv_brand_daily_metrics", keeps);
            await AssertMayAsync(session, "INSERT INTO evidently_schema.change_notes (kind) VALUES ('all')", !guarded);
        }
        finally
        {
            await Sql.ExecuteAsync(database.AdminConnectionString, $"DROP OWNED BY {role}; DROP ROLE {role}");
        }
    }

    private static Task<List<string>> HasAsync(StarDatabase database, string role, string relations, string schema) => database.ListAsync(
        $"""
        SELECT r FROM ({relations}) AS o (r) JOIN pg_class AS c ON c.relname = o.r AND c.relnamespace = '{schema}'::regnamespace
        WHERE CASE c.relkind WHEN 'S' THEN has_sequence_privilege('{role}', c.oid, 'USAGE, SELECT, UPDATE')
            ELSE has_table_privilege('{role}', c.oid, 'SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER') END
        """);

    private static async Task AssertMayAsync(Session session, string sql, bool may)
    {
        if (may)
        {
            await session.ExecuteAsync(sql);
            return;
        }

        var refusal = await Assert.CatchAsync<Npgsql.PostgresException>(() => session.ExecuteAsync(sql), sql);
        Assert.That(refusal!.SqlState, Is.EqualTo(Npgsql.PostgresErrorCodes.InsufficientPrivilege), refusal.MessageText);
    }
}
