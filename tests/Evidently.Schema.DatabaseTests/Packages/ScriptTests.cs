using Evidently.Schema.DatabaseTests.Hosting;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Packages;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class ScriptTests
{
    private const int Results = 300;

    [Test]
    public async Task A_previewed_script_that_psql_applies_gives_the_database_that_the_runner_gives()
    {
        await using var scripted = await HostDatabase.LegacyAsync(Results);
        await using var run = await HostDatabase.LegacyAsync(Results);

        await Scripts.ApplyAsync(scripted.ConnectionString);
        var outcome = await DotnetFm.RunAsync(run.ConnectionString, "up");

        Assert.That(outcome.ExitCode, Is.Zero, outcome.All);
        await AssertSameAsync(scripted, run);
        await AssertVerifiedAsync(scripted);
    }

    [Test]
    public async Task The_host_gives_the_database_that_the_runner_gives()
    {
        await using var hosted = await HostDatabase.LegacyAsync(Results);
        await using var run = await HostDatabase.LegacyAsync(Results);
        await using var migrator = hosted.Migrator();

        await migrator.MigrateAsync(Phase.Reads);
        var outcome = await DotnetFm.RunAsync(run.ConnectionString, "up");

        Assert.That(outcome.ExitCode, Is.Zero, outcome.All);
        await AssertSameAsync(hosted, run);
    }

    [TestCase(101)]
    [TestCase(201)]
    [TestCase(205)]
    public async Task A_script_killed_in_the_middle_is_previewed_again_and_ends_right(long after)
    {
        await using var scripted = await HostDatabase.LegacyAsync(Results);
        await using var run = await HostDatabase.LegacyAsync(Results);
        Assert.That((await DotnetFm.RunAsync(scripted.ConnectionString, "up", $"{after}")).ExitCode, Is.Zero);
        var script = await Scripts.PreviewAsync(scripted.ConnectionString);

        // The next step has been done when its version row is refused to it: the worst moment.
        await using (var other = await scripted.OpenAsync())
        {
            await using var transaction = await other.BeginTransactionAsync();
            await using var hold = new NpgsqlCommand("LOCK TABLE evidently_schema.version_info IN SHARE MODE", other, transaction);
            await hold.ExecuteNonQueryAsync();
            await using var psql = Scripts.StartPsql(scripted.ConnectionString, script);
            await Eventually.Holds(() => scripted.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'evidently_schema.version_info'::regclass)"), "psql writes a version");
            psql.Kill();
            await scripted.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted AND relation = 'evidently_schema.version_info'::regclass");
            await Eventually.Holds(() => scripted.ScalarAsync<bool>("SELECT NOT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'evidently_schema.version_info'::regclass)"), "psql's session is gone");
        }

        await Scripts.ApplyAsync(scripted.ConnectionString);
        var outcome = await DotnetFm.RunAsync(run.ConnectionString, "up");

        Assert.That(outcome.ExitCode, Is.Zero, outcome.All);
        await AssertSameAsync(scripted, run);
        await AssertVerifiedAsync(scripted);
    }

    private static async Task AssertSameAsync(HostDatabase one, HostDatabase other)
    {
        var (first, second) = (await Fingerprint.OfAsync(one), await Fingerprint.OfAsync(other));
        Assert.That(first.Except(second, StringComparer.Ordinal), Is.Empty);
        Assert.That(second.Except(first, StringComparer.Ordinal), Is.Empty);
        Assert.That(first, Has.Count.EqualTo(second.Count));
        Assert.That(first, Has.Some.StartsWith("public metric_facts row"));
    }

    private static async Task AssertVerifiedAsync(HostDatabase database)
    {
        await using var migrator = database.Migrator();
        Assert.That((await migrator.VerifyAsync()).Ok, Is.True);
    }
}
