using System.IO.Compression;
using System.Xml.Linq;
using Evidently.Schema.DatabaseTests.Hosting;

namespace Evidently.Schema.DatabaseTests.Packages;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class DotnetFmTests
{
    [Test]
    public async Task The_DLL_alone_migrates_up_down_and_up_under_Npgsql_9_and_Extensions_8()
    {
        await using var database = await HostDatabase.LegacyAsync(results: 100);

        foreach (string[] arguments in new[] { new[] { "up" }, ["down", "0"], ["up"] })
        {
            var outcome = await DotnetFm.RunAsync(database.ConnectionString, arguments);
            Assert.That(outcome.ExitCode, Is.Zero, outcome.All);
            Assert.That(outcome.Output, Does.Contain("loaded Npgsql 9.0.").And.Contain("loaded Microsoft.Extensions.Logging.Abstractions 8.0.").And.Contain("loaded Evidently.Schema "));
        }

        await using var migrator = database.Migrator();
        Assert.That((await migrator.GetStatusAsync()).Pending, Is.Empty);
        Assert.That((await migrator.VerifyAsync()).Ok, Is.True);
    }

    [Test]
    public async Task One_transaction_around_everything_is_refused_before_anything_is_changed()
    {
        await using var database = await HostDatabase.LegacyAsync();
        var before = await Fingerprint.OfAsync(database);

        var outcome = await DotnetFm.RunAsync(database.ConnectionString, "up", "--session");

        Assert.That(outcome.ExitCode, Is.Not.Zero, outcome.All);
        Assert.That(outcome.Error, Does.Contain("EV003"));
        Assert.That(await Fingerprint.OfAsync(database, "public"), Is.EqualTo(Fingerprint.Only(before, "public")));
    }

    [Test]
    public async Task A_failure_exits_with_an_error()
    {
        await using var database = await HostDatabase.EmptyAsync();

        var outcome = await DotnetFm.RunAsync(database.ConnectionString, "up");

        Assert.That(outcome.ExitCode, Is.Not.Zero);
        Assert.That(outcome.Error, Does.Contain("EV001"));
    }

    [Test]
    public async Task Of_four_processes_at_once_over_an_existing_version_table_all_exit_0()
    {
        await using var database = await HostDatabase.LegacyAsync(results: 100);
        Assert.That((await DotnetFm.RunAsync(database.ConnectionString, "up", "101")).ExitCode, Is.Zero);

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => DotnetFm.RunAsync(database.ConnectionString, "up")));

        Assert.That(outcomes.Select(outcome => outcome.ExitCode), Is.All.Zero, string.Join(Environment.NewLine, outcomes.Select(outcome => outcome.All)));
        Assert.That(await database.ScalarAsync<bool>("SELECT count(*) = count(DISTINCT version) FROM evidently_schema.version_info"), Is.True);
        await using var migrator = database.Migrator();
        Assert.That((await migrator.VerifyAsync()).Ok, Is.True);
    }

    [Test]
    public async Task The_migrations_package_asks_for_nothing_that_dotnet_fm_does_not_have()
    {
        await using var package = await ZipFile.OpenReadAsync(await PackedPackages.FileAsync("Evidently.Schema"));
        await using var stream = await package.Entries.Single(entry => entry.FullName.EndsWith(".nuspec", StringComparison.Ordinal)).OpenAsync();
        var nuspec = await XDocument.LoadAsync(stream, LoadOptions.None, CancellationToken.None);
        var dependencies = nuspec.Descendants().Where(element => string.Equals(element.Name.LocalName, "dependency", StringComparison.Ordinal))
            .ToDictionary(element => element.Attribute("id")!.Value, element => element.Attribute("version")!.Value, StringComparer.Ordinal);

        Assert.That(dependencies, Does.ContainKey("FluentMigrator"));
        Assert.That(dependencies.Keys, Has.None.StartsWith("Npgsql"));
        Assert.That(dependencies.Where(dependency => dependency.Key.StartsWith("Microsoft.Extensions.", StringComparison.Ordinal)).Select(dependency => Version.Parse(dependency.Value).Major), Is.All.LessThanOrEqualTo(8));
        Assert.That(package.Entries.Select(entry => entry.FullName), Does.Contain("README.md"));
    }
}
