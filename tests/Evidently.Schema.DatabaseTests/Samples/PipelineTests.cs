using System.Text.RegularExpressions;
using Evidently.Schema.DatabaseTests.Docs;
using Evidently.Schema.DatabaseTests.Hosting;
using Evidently.Schema.DatabaseTests.Packages;

namespace Evidently.Schema.DatabaseTests.Samples;

/// <summary>The pipelines, as they stand in the samples.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
[Platform(Exclude = "Win", Reason = "A shell of Unix.")]
public sealed partial class PipelineTests
{
    private const string Percent = "SELECT star_percent FROM evidently_schema.read_routes WHERE service = 'dashboard'";

    private static readonly string Folder = Path.Combine(Repository.Root, "samples", "pipeline");

    [Test]
    public async Task The_shell_pipeline_takes_a_legacy_database_to_a_page_read_from_the_star()
    {
        await using var database = await HostDatabase.LegacyAsync(100);
        using var shell = new Shell(database.ConnectionString);

        var outcome = await shell.RunAsync($"bash '{Path.Combine(Folder, "migrate.sh")}'");

        Assert.That(outcome.ExitCode, Is.Zero, outcome.All);
        Assert.That(await database.ScalarAsync<int>(Percent), Is.EqualTo(100));
    }

    [Test]
    public async Task A_canary_that_fails_steps_back_by_itself()
    {
        await using var database = await HostDatabase.LegacyAsync(100);
        using var shell = new Shell(database.ConnectionString);

        var outcome = await shell.RunAsync($"bash '{Path.Combine(Folder, "migrate.sh")}'", ("CANARY", "false"));

        Assert.That(outcome.ExitCode, Is.EqualTo(1), outcome.All);
        Assert.That(outcome.Error, Does.Contain("The canary failed"));
        Assert.That(await database.ScalarAsync<int>(Percent), Is.Zero);
    }

    [Test]
    public async Task A_gate_that_says_no_stops_the_pipeline_before_anything_is_changed()
    {
        await using var database = await HostDatabase.LegacyAsync();
        await database.ExecuteAsync("ALTER TABLE extracted_positions DROP COLUMN total_word_count");
        using var shell = new Shell(database.ConnectionString);

        var outcome = await shell.RunAsync($"bash '{Path.Combine(Folder, "migrate.sh")}'");

        Assert.That(outcome.ExitCode, Is.EqualTo(3), outcome.All);
        Assert.That(await database.ScalarAsync<bool>("SELECT to_regnamespace('evidently_schema') IS NULL"));
    }

    [Test]
    public async Task A_database_that_cannot_be_reached_stops_the_pipeline_with_one_line_and_the_tools_exit_code()
    {
        using var shell = new Shell("Host=127.0.0.1;Port=1;Username=nobody;Password=s3cret");

        var outcome = await shell.RunAsync($"bash '{Path.Combine(Folder, "migrate.sh")}'");

        Tool.ToolProcess.AssertRefused(outcome, 5, "127.0.0.1:1");
    }

    [Test]
    public async Task The_steps_of_the_workflow_run_in_their_order()
    {
        await using var database = await HostDatabase.LegacyAsync(100);
        using var shell = new Shell(database.ConnectionString);

        foreach (var step in Workflow.Steps(Path.Combine(Folder, "migrate.yml")))
        {
            if (step.NotRunHere is { } reason)
            {
                TestContext.Out.WriteLine($"not run here: {reason}: {step.Commands}");
                continue;
            }

            var outcome = await shell.RunAsync(step.Commands);
            Assert.That(outcome.ExitCode, Is.Zero, step.Commands + Environment.NewLine + outcome.All);
        }

        Assert.That(await database.ScalarAsync<int>(Percent), Is.Zero, "the last step is the one back");
    }

    [Test]
    public void The_projects_own_workflows_run_what_a_developer_runs()
    {
        var own = Path.Combine(Repository.Root, ".github", "workflows");

        Assert.That(Workflow.Steps(Path.Combine(own, "ci.yml")).Select(step => step.Commands), Does.Contain(".ci/run").And.Contain("./build.ps1"));
        Assert.That(Workflow.Steps(Path.Combine(own, "release.yml")).Select(step => step.Commands), Has.Some.EqualTo(".ci/run").And.Some.Contains("dotnet nuget push"));
        Assert.That(Dotnet("build.ps1"), Is.SubsetOf(Dotnet(".ci/run")).And.Length.EqualTo(6), "the same commands, but for what only CI wants of them");
        Assert.That(File.ReadAllText(Path.Combine(own, "ci.yml")), Does.Contain("[15, 16, 17, 18]").And.Contain("windows-latest"));
    }

    /// <summary>What a script says to dotnet, without logs, and without locks, which only a clean clone has.</summary>
    private static string[] Dotnet(string script) =>
    [
        .. File.ReadLines(Path.Combine(Repository.Root, script))
            .Select(line => ForCi().Replace(line, string.Empty).Trim())
            .Where(line => line.StartsWith("dotnet ", StringComparison.Ordinal)),
    ];

    [GeneratedRegex(@"^step | --locked-mode| --logger trx| --results-directory ""[^""]*""", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex ForCi();
}
