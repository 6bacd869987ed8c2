using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.Hosting;

namespace Evidently.Schema.DatabaseTests.Reads;

/// <summary>Shadow mode compares both versions later; the caller neither waits for it nor sees its errors.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class ShadowTests
{
    private const string Call =
        """
        SELECT count(*) FROM public.get_prompt_metrics((SELECT brand_id FROM metric_facts WHERE collector_result_id = 1), (SELECT customer_id FROM metric_facts WHERE collector_result_id = 1),
            '-infinity', 'infinity', p_collector_result_ids => '{1,2,3}')
        """;

    private const string Run = "SELECT evidently_schema.run_shadow()";
    private const string Noted = "SELECT count(*) FROM evidently_schema.shadow_calls";

    [Test]
    public async Task Calls_of_a_service_in_shadow_are_compared_and_equal_ones_leave_no_mismatch()
    {
        await using var database = await ShadowedAsync();
        await database.ExecuteAsync(Call);
        await database.ExecuteAsync("SELECT * FROM public.get_source_metrics((SELECT brand_id FROM metric_facts LIMIT 1), NULL)"); // not in shadow

        Assert.That(await database.ScalarAsync<long>(Noted), Is.EqualTo(1));
        Assert.That(await database.ScalarAsync<long>(Run), Is.EqualTo(1));

        Assert.That(await database.ListAsync("SELECT concat_ws(' ', service, name, compared, mismatched, legacy_time > '0', star_time > '0') FROM evidently_schema.read_comparisons"), Is.EqualTo(new[] { "prompts get_prompt_metrics 1 0 t t" }));
        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.read_mismatches"), Is.Zero);
        Assert.That(await database.ScalarAsync<long>(Noted), Is.Zero);
        Assert.That(await database.ScalarAsync<long>(Run), Is.Zero);
    }

    /// <summary>Every function with every kind of argument goes through text and back.</summary>
    [Test]
    public async Task Every_function_can_be_compared()
    {
        await using var database = await ShadowedAsync();
        await database.ExecuteAsync("UPDATE evidently_schema.read_routes SET shadow = true");
        await using var session = await database.OpenAsync();
        var calls = await ReadCalls.SuggestAsync(session.Connection, seed: 3);
        foreach (var call in calls)
        {
            await session.ExecuteAsync($"SELECT * FROM public.{call.Name}({call.Arguments})");
        }

        Assert.That(await database.ScalarAsync<long>("SELECT evidently_schema.run_shadow(1000)"), Is.EqualTo(calls.Count));

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.read_comparisons"), Is.EqualTo(8));
        Assert.That(await database.ListAsync("SELECT m::text FROM evidently_schema.read_mismatches AS m"), Is.Empty);
    }

    [Test]
    public async Task A_mismatch_is_recorded_with_counts_and_columns_and_no_value()
    {
        await using var database = await ShadowedAsync();
        await database.ExecuteAsync(
            """
            SET evidently_schema.projecting = on;
            UPDATE brand_metrics SET visibility_index = 0.77, total_brand_mentions = 7777 WHERE metric_fact_id = (SELECT id FROM metric_facts WHERE collector_result_id = 1);
            DELETE FROM metric_facts WHERE collector_result_id = 3;
            """);
        await database.ExecuteAsync(Call);

        Assert.That(await database.ScalarAsync<long>(Run), Is.EqualTo(1));

        Assert.That(
            await database.ListAsync("SELECT concat_ws(' ', service, name, legacy_rows, star_rows, missing, extra, different, columns, length(arguments_hash), legacy_time > '0', star_time > '0') FROM evidently_schema.read_mismatches"),
            Is.EqualTo(new[] { "prompts get_prompt_metrics 2 1 1 0 1 {brand_mentions,visibility} 64 t t" }));
        Assert.That(await database.ListAsync("SELECT m::text FROM evidently_schema.read_mismatches AS m"), Has.None.Contains("7777"));
        Assert.That(await database.ScalarAsync<long>("SELECT mismatched FROM evidently_schema.read_comparisons"), Is.EqualTo(1));
    }

    [TestCase("LOCK TABLE evidently_schema.shadow_calls IN ACCESS EXCLUSIVE MODE", "")]
    [TestCase("ALTER TABLE evidently_schema.shadow_calls RENAME TO gone; COMMIT; BEGIN", "")]
    [TestCase("SELECT 1", "SET default_transaction_read_only = on")]
    [TestCase("SELECT 1", "SET default_transaction_isolation = serializable")]
    public async Task A_call_that_cannot_be_noted_is_answered_all_the_same(string trouble, string setUp)
    {
        await using var database = await ShadowedAsync();
        await using var other = await database.OpenAsync($"BEGIN; {trouble}");
        await using var caller = await database.OpenAsync($"SET statement_timeout = '10s'; {setUp}");

        Assert.That(await caller.ScalarAsync<long>(Call), Is.Positive);

        await other.ExecuteAsync("COMMIT");
        Assert.That(await database.ScalarAsync<bool>("SELECT to_regclass('evidently_schema.shadow_calls') IS NULL OR NOT EXISTS (SELECT FROM evidently_schema.read_comparisons)"));
        if (setUp.Length > 0)
        {
            Assert.That(await database.ScalarAsync<long>(Noted), Is.Zero);
        }
    }

    [Test]
    public async Task A_comparison_that_keeps_failing_takes_its_service_out_of_shadow_with_an_event()
    {
        await using var database = await ShadowedAsync();
        await database.ExecuteAsync(Call);
        await database.ExecuteAsync(Call);
        await database.ExecuteAsync("ALTER FUNCTION evidently_schema.star_get_prompt_metrics RENAME TO star_gone");

        for (var turn = 0; turn < 2; turn++)
        {
            Assert.That(await database.ScalarAsync<long>(Run), Is.Zero);
            Assert.That(await database.ScalarAsync<bool>("SELECT shadow FROM evidently_schema.read_routes WHERE service = 'prompts'"), Is.True);
        }

        Assert.That(await database.ScalarAsync<long>(Run), Is.Zero);

        Assert.That(await database.ScalarAsync<bool>("SELECT shadow FROM evidently_schema.read_routes WHERE service = 'prompts'"), Is.False);
        Assert.That(
            await database.ListAsync("SELECT concat_ws(' ', kind, subject, was, became, regexp_replace(reason, 'call \\d+', 'call n')) FROM evidently_schema.events WHERE kind = 'shadow' ORDER BY id"),
            Is.EqualTo(new[] { "shadow prompts false true", "shadow prompts true false get_prompt_metrics could not be compared three times (SQLSTATE 42883), call n" }));
        Assert.That(await database.ScalarAsync<long>(Noted), Is.Zero);
    }

    [Test]
    public async Task A_comparison_beyond_the_statement_timeout_ends_the_run_and_counts_as_failed()
    {
        await using var database = await ShadowedAsync();
        await database.ExecuteAsync(Call);
        await database.ExecuteAsync(Call);
        await database.ExecuteAsync(
            """
            ALTER FUNCTION evidently_schema.star_get_prompt_metrics RENAME TO star_slow;
            CREATE FUNCTION evidently_schema.star_get_prompt_metrics(p_brand_id uuid, p_customer_id uuid, p_from timestamptz, p_to timestamptz, p_query_ids uuid[], p_collector_result_ids bigint[],
                p_collector_types text[]) RETURNS TABLE (collector_result_id bigint) LANGUAGE sql STABLE AS 'SELECT 1 FROM pg_sleep(60)';
            """);
        await using var session = await database.OpenAsync("SET statement_timeout = '300ms'");

        Assert.That(await session.ScalarAsync<long>(Run), Is.Zero);

        Assert.That(await database.ListAsync("SELECT attempts FROM evidently_schema.shadow_calls ORDER BY id"), Is.EqualTo(new[] { "1", "0" }), "the second is for the next run");
    }

    /// <summary>What the timeout cuts off at the end of a run has done nothing wrong.</summary>
    [Test]
    public async Task No_comparison_begins_in_the_second_half_of_the_timeout()
    {
        await using var database = await ShadowedAsync();
        await database.ExecuteAsync(Call);
        await database.ExecuteAsync(Call);
        await using var session = await database.OpenAsync("SET statement_timeout = '2s'");

        Assert.That(await session.ScalarAsync<long>("SELECT evidently_schema.run_shadow() FROM pg_sleep(1.1)"), Is.Zero);

        Assert.That(await database.ListAsync("SELECT attempts FROM evidently_schema.shadow_calls"), Is.EqualTo(new[] { "0", "0" }));
        Assert.That(await session.ScalarAsync<long>(Run), Is.EqualTo(2));
    }

    /// <summary>Who may call the pages may call the recorder, too, with anything.</summary>
    [TestCase("{}", 1)]
    [TestCase("{\"p_brand_id\": \"none\"}", 0)]
    [TestCase("{\"p_from\": \"yesterweek\"}", 0)]
    [TestCase("{\"p_query_ids\": [\"none\"]}", 0)]
    public async Task Arguments_that_are_none_are_forgotten_and_leave_the_service_in_shadow(string arguments, long compared)
    {
        await using var database = await ShadowedAsync();
        await database.ExecuteAsync($"SELECT evidently_schema.note_call('prompts', 'get_prompt_metrics', '{arguments}')");

        Assert.That(await database.ScalarAsync<long>(Run), Is.EqualTo(compared));

        Assert.That(await database.ScalarAsync<long>(Noted), Is.Zero);
        Assert.That(await database.ScalarAsync<bool>("SELECT shadow FROM evidently_schema.read_routes WHERE service = 'prompts'"), Is.True);
    }

    [Test]
    public async Task A_call_of_a_noted_brand_waits_until_the_note_is_drained()
    {
        await using var database = await ShadowedAsync();
        await database.ExecuteAsync(Call);
        await database.ExecuteAsync("INSERT INTO evidently_schema.change_notes (kind, collector_result_id) VALUES ('result', 1)");

        Assert.That(await database.ScalarAsync<long>(Run), Is.Zero);
        Assert.That(await database.ListAsync("SELECT attempts FROM evidently_schema.shadow_calls"), Is.EqualTo(new[] { "0" }));

        await database.ExecuteAsync("CALL evidently_schema.drain(30)");
        Assert.That(await database.ScalarAsync<long>(Run), Is.EqualTo(1));
    }

    /// <summary>The other is held between its comparison and its commit.</summary>
    [Test]
    public async Task Two_runs_at_once_share_the_calls()
    {
        await using var database = await ShadowedAsync();
        await database.ExecuteAsync(Call);
        await database.ExecuteAsync(Call);
        await using var one = await database.OpenAsync("BEGIN");
        Assert.That(await one.ScalarAsync<long>("SELECT evidently_schema.run_shadow(1)"), Is.EqualTo(1));

        await using var two = await database.OpenAsync("SET lock_timeout = '5s'");
        var running = two.ScalarAsync<long>(Run);
        await Eventually.Holds(async () => running.IsCompleted || await database.ScalarAsync<bool>($"SELECT EXISTS (SELECT FROM pg_locks WHERE pid = {two.Pid} AND NOT granted)"), "the second waits for the sums of the first, or is done");
        await one.ExecuteAsync("COMMIT");

        Assert.That(await running, Is.EqualTo(1));
        Assert.That(await database.ListAsync("SELECT compared FROM evidently_schema.read_comparisons"), Is.EqualTo(new[] { "2" }));
    }

    [Test]
    public async Task The_sample_is_a_setting_and_ten_thousand_calls_are_the_most()
    {
        await using var database = await ShadowedAsync();
        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = '0' WHERE name = 'shadow_sample'");
        await database.ExecuteAsync(Call);
        Assert.That(await database.ScalarAsync<long>(Noted), Is.Zero);

        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = '1' WHERE name = 'shadow_sample'");
        await database.ExecuteAsync("INSERT INTO evidently_schema.shadow_calls (service, name, arguments) SELECT 'topics', 'get_topic_metrics', '{}' FROM generate_series(1, 9999)");
        await database.ExecuteAsync(Call);
        await database.ExecuteAsync(Call);
        Assert.That(await database.ScalarAsync<long>(Noted), Is.EqualTo(10_000));
    }

    [Test]
    public async Task Hosts_compare_and_refresh_in_the_background_once_among_them()
    {
        await using var database = await ShadowedAsync();
        await database.ExecuteAsync("INSERT INTO evidently_schema.touched_days DEFAULT VALUES");
        await database.ExecuteAsync(Call);
        var hosts = new List<RunningHost>();
        for (var i = 0; i < 3; i++)
        {
            hosts.Add(await RunningHost.StartAsync(database.ConnectionString, options => (options.Upkeep.ShadowInterval, options.Upkeep.RefreshInterval) = (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(1))));
        }

        await Eventually.Holds(async () => await database.ScalarAsync<long>("SELECT sum(compared)::bigint FROM evidently_schema.read_comparisons") == 1, "the call is compared");
        await Eventually.Holds(async () => await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.touched_days") == 0, "the view is refreshed");

        Assert.That(await database.ListAsync("SELECT name FROM evidently_schema.leases ORDER BY 1"), Is.EqualTo(new[] { "refresh", "shadow" }));
        Assert.That(await database.ScalarAsync<long>("SELECT sum(compared)::bigint FROM evidently_schema.read_comparisons"), Is.EqualTo(1));
        foreach (var host in hosts)
        {
            await host.DisposeAsync();
        }
    }

    [TestCase("SELECT evidently_schema.note_call('prompts', 'pg_sleep', '{}')")]
    [TestCase("SELECT evidently_schema.note_call('topics', 'get_prompt_metrics', '{}')")]
    [TestCase("SELECT evidently_schema.note_call('prompts', 'get_prompt_metrics', jsonb_build_object('p', repeat('x', 20000)))")]
    public async Task What_is_no_call_is_not_noted(string sql)
    {
        await using var database = await ShadowedAsync();
        await database.ExecuteAsync(sql);

        Assert.That(await database.ScalarAsync<long>(Noted), Is.Zero);
    }

    private static async Task<StarDatabase> ShadowedAsync()
    {
        var database = await StarDatabase.CreateAsync(Steps.Routed);
        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = '1' WHERE name = 'shadow_sample'");
        await database.ExecuteAsync("UPDATE evidently_schema.read_routes SET shadow = true WHERE service = 'prompts'");
        return database;
    }
}
