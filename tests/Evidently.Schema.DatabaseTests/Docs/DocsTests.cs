using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.Packages;
using Evidently.Schema.DatabaseTests.Retire;
using Evidently.Schema.DatabaseTests.Samples;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Docs;

/// <summary>What the documents tell a reader to type is typed here, but for the blocks that say why they are not.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class DocsTests
{
    private static readonly string[] Said = ["Do", "Watch", "Check", "Undo", "How long"];

    private static IEnumerable<Block> Shells => Block.All().Where(block => block is { Language: "sh", NotRunHere: null });

    private static IEnumerable<Block> Statements => Block.All().Where(block => block is { Language: "sql", NotRunHere: null });

    [TestCaseSource(nameof(Shells))]
    [Platform(Exclude = "Win", Reason = "A shell of Unix.")]
    public async Task A_command_line_runs_as_it_is_written(Block block)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        using var shell = new Shell(database.ConnectionString);

        var outcome = await shell.RunAsync(block.Text);

        Assert.That(outcome.ExitCode, Is.Zero, block.Text + Environment.NewLine + outcome.All);
    }

    [TestCaseSource(nameof(Statements))]
    public async Task A_statement_runs_as_it_is_written(Block block)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        await using var session = await database.OpenAsync();

        await session.ExecuteAsync(block.Text);
    }

    [Test]
    public async Task A_statement_within_the_text_runs_as_it_is_written()
    {
        await using var database = await RetireDatabase.ArchivedAsync();
        var failed = new List<string>();
        foreach (var span in Span.All().Where(span => span is { IsSql: true, NotRunHere: null }).DistinctBy(span => span.Text, StringComparer.Ordinal))
        {
            await using var session = await database.OpenAsync();
            try
            {
                // A procedure commits; what the others change is not the next one's business.
                await session.ExecuteAsync(span.Text.StartsWith("CALL", StringComparison.Ordinal) ? span.Text : $"BEGIN; {span.Text} ROLLBACK");
            }
            catch (PostgresException exception)
            {
                failed.Add($"{span}: {exception.MessageText}");
            }
        }

        Assert.That(failed, Is.Empty);
    }

    [Test]
    [Platform(Exclude = "Win", Reason = "A shell of Unix.")]
    public async Task A_command_line_within_the_text_runs_as_it_is_written()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        using var shell = new Shell(database.ConnectionString);
        foreach (var span in Span.All().Where(span => span is { IsSql: false, NotRunHere: null }).DistinctBy(span => span.Text, StringComparer.Ordinal))
        {
            var outcome = await shell.RunAsync(span.Text);
            Assert.That(outcome.ExitCode, Is.Zero, span + Environment.NewLine + outcome.All);
        }
    }

    [Test]
    public void The_runbook_says_of_each_phase_what_to_do_watch_check_and_undo_what_it_locks_and_how_long_it_takes()
    {
        var phases = File.ReadAllText(Path.Combine(Repository.Root, "docs", "phases.md")).ReplaceLineEndings("\n").Split("\n## ").Where(section => char.IsAsciiDigit(section[0])).ToList();

        Assert.That(phases, Has.Count.EqualTo(5));
        Assert.Multiple(() =>
        {
            foreach (var phase in phases)
            {
                Assert.That(Said.Where(what => !phase.Contains($"**{what}**", StringComparison.Ordinal)), Is.Empty, phase[..20]);
                Assert.That(phase, Does.Contain("**Locks**").Or.Contain("| locks |"), phase[..20]);
            }
        });
    }

    [Test]
    public void Blocks_that_are_not_run_say_why()
    {
        foreach (var (what, reason) in Block.All().Select(block => ($"{block}", block.NotRunHere)).Concat(Span.All().Select(span => ($"{span}", span.NotRunHere))).Where(listed => listed.NotRunHere is not null))
        {
            TestContext.Out.WriteLine($"{what}: {reason}");
        }

        Assert.That(Span.All().Where(span => span.NotRunHere is { Length: < 10 }), Is.Empty);

        Assert.That(Block.All().Where(block => block.NotRunHere is { Length: < 10 }), Is.Empty);
        Assert.That(Block.All().Select(block => block.Language).Distinct(StringComparer.Ordinal), Is.SubsetOf(new[] { "sh", "sql", "csharp", "ts", "" }));
    }

    [Test]
    [Category("Last")]
    [Explicit("Restores and builds an application: CI runs it last.")]
    public async Task The_web_app_of_the_README_restores_compiles_serves_and_migrates_with_the_packed_packages()
    {
        var program = Block.All().Single(block => block.File is "README.md" && block.Text.Contains("WebApplication.CreateBuilder", StringComparison.Ordinal)).Text;
        Assert.That(program.Split('\n').Count(line => line.Trim().Length > 1), Is.LessThanOrEqualTo(10), "ten lines, apart from braces");
        await using var database = await StarDatabase.CreateAsync(0);
        var folder = Directory.CreateTempSubdirectory("evidently-readme-");
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "nuget.config"), $"""<configuration><packageSources><add key="packed" value="{await PackedPackages.FolderAsync()}" /></packageSources></configuration>""");
            await File.WriteAllTextAsync(
                Path.Combine(folder.FullName, "App.csproj"),
                $"""
                <Project Sdk="Microsoft.NET.Sdk.Web">
                  <PropertyGroup><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings><Nullable>enable</Nullable></PropertyGroup>
                  <ItemGroup><PackageReference Include="Evidently.Schema.Hosting" Version="[{await PackedPackages.VersionAsync("Evidently.Schema.Hosting")}]" /></ItemGroup>
                </Project>
                """);
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "Program.cs"), program);

            await using var app = await WebHost.StartAsync(database.ConnectionString, ["run"], folder.FullName, [.. PackedPackages.CleanEnvironment, ("NUGET_PACKAGES", Path.Combine(folder.FullName, "packages"))]);

            Assert.That((await app.Client.GetAsync("/health")).IsSuccessStatusCode);
            await using var migrator = database.Migrator();
            await Eventually.Holds(async () => (await migrator.GetStatusAsync()).Phase >= Phase.DualWrite, "it migrates", TimeSpan.FromMinutes(1));

            var unreachable = await ChildProcess.RunAsync("dotnet", [Path.Combine("bin", "Debug", "net10.0", "App.dll")], [("ASPNETCORE_URLS", "http://127.0.0.1:0"), ("ConnectionStrings__Evidently", "Host=127.0.0.1;Port=1;Username=u")], folder.FullName);
            Assert.That(unreachable.ExitCode, Is.EqualTo(1), unreachable.All);
            Assert.That(unreachable.Error.Trim().Split('\n'), Has.Length.EqualTo(1), unreachable.All);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
