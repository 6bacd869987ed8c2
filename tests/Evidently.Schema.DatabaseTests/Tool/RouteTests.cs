using Evidently.Schema.DatabaseTests.Backfill;

namespace Evidently.Schema.DatabaseTests.Tool;

/// <summary>Routes of phase 4 from the tool.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class RouteTests
{
    [Test]
    public async Task A_service_moves_to_the_star_and_back_and_the_audit_trail_says_why()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        await database.MigrateAsync(Phase.Reads);
        Assert.That((await ToolProcess.RunAsync(database.ConnectionString, "verify")).ExitCode, Is.Zero);

        var routes = (await ToolProcess.JsonAsync(database.ConnectionString, 0, "route", "dashboard", "10", "--shadow", "on", "--reason", "canary")).GetProperty("routes");

        var route = routes.EnumerateArray().Single(route => route.GetProperty("service").GetString() is "dashboard");
        Assert.That(routes.GetArrayLength(), Is.EqualTo(6));
        Assert.That((route.GetProperty("starPercent").GetInt32(), route.GetProperty("shadow").GetBoolean(), route.GetProperty("reason").GetString()), Is.EqualTo((10, true, "canary")));
        Assert.That(await database.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM evidently_schema.events WHERE reason = 'canary')"));
        ToolProcess.AssertRefused(await ToolProcess.RunAsync(database.ConnectionString, "route", "dashbord", "10"), 2, "There is no service \"dashbord\"");
        ToolProcess.AssertRefused(await ToolProcess.RunAsync(database.ConnectionString, "route", "dashboard"), 2, "needs a percent");
        await ToolProcess.JsonAsync(database.ConnectionString, 0, "route", "dashboard", "0");
        Assert.That(await database.ScalarAsync<int>("SELECT star_percent FROM evidently_schema.read_routes WHERE service = 'dashboard'"), Is.Zero);
    }

    [Test]
    public async Task While_the_star_is_not_known_to_be_right_a_raise_is_refused_and_says_what_to_type()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        await database.MigrateAsync(Phase.Reads);
        await database.ExecuteAsync("UPDATE evidently_schema.verifications SET at = now() - interval '2 days'");

        ToolProcess.AssertRefused(await ToolProcess.RunAsync(database.ConnectionString, "route", "dashboard", "10"), 1, "evidently_schema.verify()");
    }
}
