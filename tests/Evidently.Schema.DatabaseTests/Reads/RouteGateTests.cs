using Evidently.Schema.DatabaseTests.Backfill;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Reads;

/// <summary>What a change of a route is refused for, what it leaves behind, and what phase 4 refuses as a whole.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class RouteGateTests
{
    private const string Verify = "SELECT count(*) FROM evidently_schema.verify()";

    [Test]
    public async Task A_raise_is_refused_until_a_recent_verification_is_clean_and_lowering_never_is()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed);
        await database.ExecuteAsync("DELETE FROM evidently_schema.verifications");
        await AssertRefusedAsync(database, "topics", 10, "last verified never");

        await database.ExecuteAsync(Verify);
        await RouteTests.RouteAsync(database, "topics", 50);

        await database.ExecuteAsync("UPDATE evidently_schema.verifications SET at = at - interval '25 hours'");
        await AssertRefusedAsync(database, "topics", 51, "not within verification_max_age (24:00:00): SELECT * FROM evidently_schema.verify();");
        await RouteTests.RouteAsync(database, "topics", 49);
        await database.ExecuteAsync("UPDATE evidently_schema.settings SET value = '2 days' WHERE name = 'verification_max_age'");
        await RouteTests.RouteAsync(database, "topics", 60);

        await database.ExecuteAsync("SET evidently_schema.projecting = on; DELETE FROM brand_metrics WHERE metric_fact_id = (SELECT min(id) FROM metric_facts)");
        await database.ExecuteAsync(Verify);
        await AssertRefusedAsync(database, "topics", 61, "found differences: SELECT evidently_schema.repair();");
        await RouteTests.RouteAsync(database, "topics", 0);
        await RouteTests.RouteAsync(database, "prompts", 0);

        Assert.That(await database.ScalarAsync<bool>("SELECT evidently_schema.repair() > 0"), Is.True);
        await database.ExecuteAsync(Verify);
        await RouteTests.RouteAsync(database, "topics", 100);
    }

    [Test]
    public async Task What_is_no_route_is_refused_and_changes_nothing()
    {
        await using var database = await RouteTests.RoutedAsync(10);
        var before = await database.ListAsync("SELECT r::text FROM evidently_schema.read_routes AS r ORDER BY 1");

        foreach (var (statement, says) in new[]
        {
            ("UPDATE evidently_schema.read_routes SET star_percent = 101 WHERE service = 'topics'", "at 101 percent"),
            ("UPDATE evidently_schema.read_routes SET star_percent = -1 WHERE service = 'topics'", "at -1 percent"),
            ("UPDATE evidently_schema.read_routes SET star_percent = NULL WHERE service = 'topics'", "at no percent"),
            ("UPDATE evidently_schema.read_routes SET service = 'x' WHERE service = 'topics'", "cannot be removed or renamed"),
            ("INSERT INTO evidently_schema.read_routes (service) VALUES ('dashbord')", "no service 'dashbord'"),
            ("DELETE FROM evidently_schema.read_routes", "cannot be removed or renamed"),
            ("TRUNCATE evidently_schema.read_routes", "cannot be removed or renamed"),
        })
        {
            var refusal = await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync(statement), statement);
            Assert.That(refusal!.SqlState, Is.EqualTo("EV011"), statement);
            Assert.That(refusal.MessageText, Does.Contain(says), statement);
            Assert.That(refusal.Hint, Is.Not.Null.And.Not.Empty, statement);
        }

        Assert.That(await database.ListAsync("SELECT r::text FROM evidently_schema.read_routes AS r ORDER BY 1"), Is.EqualTo(before));
    }

    [Test]
    public async Task Every_change_leaves_an_event_with_its_own_reason()
    {
        await using var database = await RouteTests.RoutedAsync();
        await database.ExecuteAsync("UPDATE evidently_schema.read_routes SET star_percent = 10, reason = 'canary' WHERE service = 'prompts'");
        await database.ExecuteAsync("UPDATE evidently_schema.read_routes SET star_percent = 50 WHERE service = 'prompts'");
        await database.ExecuteAsync("UPDATE evidently_schema.read_routes SET shadow = true, reason = 'compare' WHERE service = 'prompts'");
        await database.ExecuteAsync("UPDATE evidently_schema.read_routes SET shadow = true WHERE service = 'prompts'");

        Assert.That(
            await database.ListAsync("SELECT concat_ws(' ', kind, subject, was, became, reason) FROM evidently_schema.events WHERE subject = 'prompts' ORDER BY id"),
            Is.EqualTo(new[] { "route prompts 0 10 canary", "route prompts 10 50", "shadow prompts false true compare" }));
    }

    [Test]
    public async Task Down_is_refused_while_a_page_is_read_from_the_star_and_changes_nothing()
    {
        await using var database = await RouteTests.RoutedAsync(100);
        var before = await Dump.AllAsync(database);

        var refusal = Steps.Refusal(await Assert.CatchAsync(() => Steps.DownAsync(database.ConnectionString, Steps.Synced)))!;

        Assert.That(refusal.SqlState, Is.EqualTo("EV007"), refusal.MessageText);
        Assert.That(refusal.MessageText, Does.Contain("keywords at 100 percent"));
        Assert.That(await Dump.AllAsync(database), Is.EqualTo(before));
        await database.ExecuteAsync("UPDATE evidently_schema.read_routes SET star_percent = 0");
        await Steps.DownAsync(database.ConnectionString, Steps.Synced);
    }

    [Test]
    public async Task A_function_of_the_hosts_own_is_not_replaced()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        await database.ExecuteAsync("CREATE FUNCTION public.get_topic_metrics(integer) RETURNS integer LANGUAGE sql RETURN 1");

        var refusal = Steps.Refusal(await Assert.CatchAsync(() => Steps.UpAsync(database.ConnectionString, Steps.Routed)))!;

        Assert.That(refusal.SqlState, Is.EqualTo("EV001"), refusal.MessageText);
        Assert.That(refusal.MessageText, Does.Contain("get_topic_metrics(integer)"));
        Assert.That(await database.ScalarAsync<int>("SELECT public.get_topic_metrics(1)"), Is.EqualTo(1));
        await Steps.DownAsync(database.ConnectionString, Steps.Synced);
        Assert.That(await database.ScalarAsync<int>("SELECT public.get_topic_metrics(1)"), Is.EqualTo(1));
    }

    [Test]
    public async Task Each_step_of_phase_4_goes_down_and_up_alone()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed);
        var routed = await Dump.AllAsync(database);
        foreach (var version in new long[] { 403, 402, 401, Steps.Synced })
        {
            await Steps.DownAsync(database.ConnectionString, version);
            await Steps.UpAsync(database.ConnectionString, Steps.Routed);
            Assert.That(await Dump.AllAsync(database), Is.EqualTo(routed), $"after down to {version}");
        }
    }

    [Test]
    public async Task A_phase_below_is_not_rolled_back_while_reads_are_routed()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed);
        await database.ExecuteAsync("DELETE FROM evidently_schema.version_info WHERE version > 400");

        var refusal = Steps.Refusal(await Assert.CatchAsync(() => Steps.DownAsync(database.ConnectionString, Steps.Finished)))!;

        Assert.That((refusal.SqlState, refusal.MessageText), Is.EqualTo(("EV007", "Phase 3 cannot be rolled back: reads are routed (phase 4).")));
    }

    private static async Task AssertRefusedAsync(StarDatabase database, string service, int percent, string says)
    {
        var refusal = await Assert.ThrowsAsync<PostgresException>(() => RouteTests.RouteAsync(database, service, percent));
        Assert.That(refusal!.SqlState, Is.EqualTo("EV011"));
        Assert.That(refusal.MessageText, Does.Contain(says));
    }
}
