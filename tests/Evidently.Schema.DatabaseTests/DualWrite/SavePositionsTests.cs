using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Hosting;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.DualWrite;

/// <summary><c>save_positions</c> does what the application's DELETE and INSERT do, in one statement.</summary>
[Parallelizable(ParallelScope.All)]
[Category("Versions")]
public sealed class SavePositionsTests
{
    private const string Rows = "SELECT (to_jsonb(ep) - 'id' - 'collector_result_id')::text FROM extracted_positions AS ep WHERE collector_result_id = {0} ORDER BY competitor_name NULLS FIRST";

    private static readonly string Save =
        """
        SELECT evidently_schema.save_positions({0},
            (SELECT to_jsonb(ep) - 'id' FROM extracted_positions AS ep WHERE collector_result_id = {1} AND competitor_name IS NULL),
            (SELECT jsonb_agg(to_jsonb(ep) - 'id' ORDER BY ep.competitor_name) FROM extracted_positions AS ep WHERE collector_result_id = {1} AND competitor_name IS NOT NULL))
        """;

    private static readonly (string Arguments, string SqlState)[] Bad =
    [
        ("NULL, '{}'", "EV010"),
        ("1, NULL", "EV010"),
        ("1, '[]'", "EV010"),
        ("1, 'null'", "EV010"),
        ("1, '{}', NULL", "EV010"),
        ("1, '{}', '{}'", "EV010"),
        ("1, '{}', '[1]'", "EV010"),
        ("1, '{}', '[null]'", "EV010"),
        ("1, '{}', '[{\"competitor_mentions\": 1}]'", "EV010"),
        ("1, '{}', '[{\"competitor_name\": \" \"}]'", "EV010"),
        ("1, '{\"nonsense\": 1}'", "42703"),
        ("1, '{\"x) SELECT 1; --\": 1}'", "42703"),
        ("1, '{\"brand_id\": \"no uuid\"}'", "22P02"),
        ("1, '{\"brand_id\": \"00000000-0000-0000-0000-000000000000\"}'", "23503"),
    ];

    [TestCaseSource(typeof(NoticeTests), nameof(NoticeTests.Variants))]
    public async Task It_leaves_the_rows_that_a_DELETE_and_an_INSERT_leave_and_the_fact_keeps_its_id(LegacyVariant variant)
    {
        await using var database = await SyncDatabase.CreateAsync("sync", variant);
        var fact = await database.ScalarAsync<long>("SELECT id FROM metric_facts WHERE collector_result_id = 2");

        Assert.That(await database.ScalarAsync<int>(SaveAs(100, 1)), Is.EqualTo(3));
        Assert.That(await database.ScalarAsync<int>(SaveAs(2, 1)), Is.EqualTo(3));
        Assert.That(await database.ScalarAsync<int>(SaveAs(2, 2)), Is.EqualTo(3));

        var wanted = await database.ListAsync(Rows.Replace("{0}", "1", StringComparison.Ordinal));
        Assert.That(await database.ListAsync(Rows.Replace("{0}", "100", StringComparison.Ordinal)), Is.EqualTo(wanted));
        Assert.That(await database.ListAsync(Rows.Replace("{0}", "2", StringComparison.Ordinal)), Is.EqualTo(wanted));
        Assert.That(await database.ScalarAsync<long>("SELECT id FROM metric_facts WHERE collector_result_id = 2"), Is.EqualTo(fact));
        await database.AssertInStepAsync();
    }

    [Test]
    public async Task What_no_row_names_takes_its_default()
    {
        await using var database = await SyncDatabase.CreateAsync();

        await database.ExecuteAsync(
            "SELECT evidently_schema.save_positions(100, (SELECT jsonb_build_object('brand_id', brand_id, 'customer_id', customer_id, 'query_id', query_id, 'collector_type', 'new', 'competitor_name', 'not so', 'collector_result_id', 7)"
            + " FROM extracted_positions WHERE collector_result_id = 1 AND competitor_name IS NULL))");

        Assert.That(
            await database.ListAsync("SELECT competitor_name IS NULL AND processed_at > now() - interval '1 hour' AND created_at > now() - interval '1 hour' FROM extracted_positions WHERE collector_result_id = 100"),
            Is.EqualTo(new[] { "True" }));
        await database.AssertInStepAsync();
    }

    [Test]
    public async Task Bad_input_is_refused_and_changes_nothing()
    {
        await using var database = await SyncDatabase.CreateAsync();
        var before = await database.ListAsync("SELECT ep::text FROM extracted_positions AS ep WHERE collector_result_id = 1 ORDER BY 1");

        foreach (var (arguments, sqlState) in Bad)
        {
            var refusal = await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync($"SELECT evidently_schema.save_positions({arguments})"), arguments);
            Assert.That(refusal!.SqlState, Is.EqualTo(sqlState), $"{arguments}: {refusal.MessageText}");
        }

        Assert.That(await database.ListAsync("SELECT ep::text FROM extracted_positions AS ep WHERE collector_result_id = 1 ORDER BY 1"), Is.EqualTo(before));
        await database.AssertInStepAsync();
    }

    [Test]
    public async Task It_runs_with_the_caller_s_rights_and_row_security()
    {
        var role = $"saver_{Guid.NewGuid():N}";
        await using var database = await StarDatabase.CreateAsync(0);
        await Sql.ExecuteAsync(database.AdminConnectionString, $"CREATE ROLE {role}; GRANT SELECT ON extracted_positions TO {role}");
        try
        {
            await database.MigrateAsync(Phase.DualWrite);
            await using var session = await Session.OpenAsync(database.AdminConnectionString, $"SET ROLE {role}");
            await AssertDeniedAsync(session, SaveAs(1, 1), "permission denied for table extracted_positions");

            await database.ExecuteAsync($"GRANT INSERT, DELETE ON extracted_positions TO {role}");
            Assert.That(await session.ScalarAsync<int>(SaveAs(1, 1)), Is.EqualTo(3));
            await database.ExecuteAsync(
                $"""
                ALTER TABLE extracted_positions ENABLE ROW LEVEL SECURITY;
                CREATE POLICY own ON extracted_positions TO {role} USING (collector_type <> 'theirs') WITH CHECK (collector_type <> 'theirs');
                """);
            Assert.That(await session.ScalarAsync<int>(SaveAs(1, 1)), Is.EqualTo(3));
            await AssertDeniedAsync(
                session, SaveAs(1, 1).Replace("to_jsonb(ep) - 'id' FROM", """(to_jsonb(ep) - 'id') || '{"collector_type": "theirs"}' FROM""", StringComparison.Ordinal), "row-level security");
            await database.AssertInStepAsync();
        }
        finally
        {
            await Sql.ExecuteAsync(database.AdminConnectionString, $"DROP OWNED BY {role}; DROP ROLE {role}");
        }
    }

    /// <summary>As two of the application's own writers would, both may leave their rows; the star takes the newest, and no call fails.</summary>
    [Test]
    public async Task Two_calls_at_once_for_one_result_leave_the_star_right([Values(100, 2)] int result)
    {
        await using var database = await SyncDatabase.CreateAsync();
        await using var first = await database.OpenAsync("BEGIN");
        await first.ExecuteAsync(SaveAs(result, 1));
        await using var second = await database.OpenAsync();
        if (result == 2)
        {
            var saving = await second.StartsWaitingAsync(database, SaveAs(result, 3)); // for the rows that the first deletes
            await first.ExecuteAsync("COMMIT");
            await saving;
        }
        else
        {
            await second.ExecuteAsync(SaveAs(result, 3));
            await first.ExecuteAsync("COMMIT");
        }

        await database.AssertDrainedAsync(guarded: true);
        await database.ExecuteAsync(SaveAs(result, 1));
        Assert.That(await database.ScalarAsync<long>($"SELECT count(*) FROM extracted_positions WHERE collector_result_id = {result}"), Is.EqualTo(3));
        await database.AssertInStepAsync();
    }

    [Test]
    public async Task A_trigger_of_the_hosts_own_finds_its_tables_by_the_path_it_knows()
    {
        await using var database = await SyncDatabase.CreateAsync();
        await database.ExecuteAsync(
            """
            CREATE TABLE audit_log (result bigint);
            CREATE FUNCTION audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit_log VALUES (NEW.collector_result_id); RETURN NEW; END $$;
            CREATE TRIGGER audit BEFORE INSERT ON extracted_positions FOR EACH ROW EXECUTE FUNCTION audit();
            """);

        await database.ExecuteAsync(SaveAs(100, 1));

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM audit_log WHERE result = 100"), Is.EqualTo(3));
        await database.AssertInStepAsync();
    }

    private static string SaveAs(int result, int like) =>
        Save.Replace("{0}", result.ToString(), StringComparison.Ordinal).Replace("{1}", like.ToString(), StringComparison.Ordinal);

    private static async Task AssertDeniedAsync(Session session, string sql, string message)
    {
        var refusal = await Assert.CatchAsync<PostgresException>(() => session.ExecuteAsync(sql), sql);
        Assert.That(refusal!.SqlState, Is.EqualTo(PostgresErrorCodes.InsufficientPrivilege), refusal.MessageText);
        Assert.That(refusal.MessageText, Does.Contain(message));
    }
}
