using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.Packages;

namespace Evidently.Schema.DatabaseTests.Retire;

/// <summary>Phase 5 as dotnet-fm runs it, by tag, and as a script that psql applies.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class RetireScriptTests
{
    [Test]
    public async Task By_tag_archive_goes_up_down_and_up_and_cleanup_follows()
    {
        await using var database = await RetireDatabase.ReadyAsync();
        var ready = await Dump.AllAsync(database);
        var shown = await database.ShownAsync();

        await RunAsync(database, "up", "--tags", "archive");
        Assert.That(await IsViewAsync(database), Is.True);
        await RunAsync(database, "down", "404", "--tags", "archive");
        Assert.That(await Dump.AllAsync(database), Is.EqualTo(ready));
        await RunAsync(database, "up", "--tags", "archive");
        await database.ExecuteAsync(RetireDatabase.ToStar);

        var young = await DotnetFm.RunAsync(database.ConnectionString, "up", "--tags", "cleanup");
        Assert.That(young.ExitCode, Is.Not.Zero);
        Assert.That(young.Error, Does.Contain("EV012").And.Contain("archive_min_age is 30 days").And.Contain("WHERE name = 'archive_min_age';"));
        await database.OldAndQuietAsync();
        await RunAsync(database, "up", "--tags", "cleanup");

        Assert.That(await database.ShownAsync(), Is.EqualTo(shown));
        Assert.That(await database.ScalarAsync<string?>("SELECT to_regclass('extracted_positions_archived')::text"), Is.Null);
    }

    [Test]
    public async Task As_scripts_that_psql_applies_they_give_the_database_that_the_runner_gives()
    {
        await using var scripted = await RetireDatabase.ReadyAsync();
        await using var run = await RetireDatabase.ReadyAsync();
        var ready = await Dump.AllAsync(scripted);

        await Scripts.ApplyAsync(scripted.ConnectionString, "up", "--tags", "archive");
        await run.MigrateAsync(Phase.Retire);
        Assert.That(await Dump.AllAsync(scripted), Is.EqualTo(await Dump.AllAsync(run)));

        await Scripts.ApplyAsync(scripted.ConnectionString, "down", "404", "--tags", "archive");
        Assert.That(await Dump.AllAsync(scripted), Is.EqualTo(ready));
        await scripted.AssertVerifiedAsync();

        await Scripts.ApplyAsync(scripted.ConnectionString, "up", "--tags", "archive");
        foreach (var database in new[] { scripted, run })
        {
            await database.ExecuteAsync(RetireDatabase.ToStar);
            await database.OldAndQuietAsync();
        }

        await Scripts.ApplyAsync(scripted.ConnectionString, "up", "--tags", "cleanup");
        await run.DropAsync();
        Assert.That(await Dump.AllAsync(scripted), Is.EqualTo(await Dump.AllAsync(run)));
        Assert.That(await scripted.ShownAsync(), Is.EqualTo(await run.ShownAsync()));
    }

    private static async Task RunAsync(StarDatabase database, params string[] arguments)
    {
        var outcome = await DotnetFm.RunAsync(database.ConnectionString, arguments);
        Assert.That(outcome.ExitCode, Is.Zero, outcome.All);
    }

    private static Task<bool> IsViewAsync(StarDatabase database) => database.ScalarAsync<bool>("SELECT relkind = 'v' FROM pg_class WHERE oid = 'extracted_positions'::regclass");
}
