using System.Text.RegularExpressions;
using Evidently.Schema.DatabaseTests.Packages;

namespace Evidently.Schema.DatabaseTests.Demo;

[TestFixture]
[Category("Last")]
[Explicit("Processes of their own: CI runs it last.")]
[Parallelizable(ParallelScope.All)]
public sealed partial class DemoTests
{
    private static readonly string Program = Path.Combine(
        Repository.Root, "samples", "Demo", "bin", Repository.Configuration, Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)), "Demo.dll");

    [Test]
    public async Task The_demo_migrates_verifies_and_leaves_no_database_behind()
    {
        var outcome = await RunAsync(TestServer.Server.ConnectionString, "--results", "300", "--answer-length", "200");

        Assert.That(outcome.ExitCode, Is.Zero, outcome.All);
        Assert.Multiple(() =>
        {
            Assert.That(outcome.Output, Does.Contain("Verification: ok"));
            Assert.That(outcome.Output, Does.Contain("star smaller by"));
            Assert.That(outcome.Output, Does.Contain("unknown_competitor"));
            Assert.That(outcome.Output, Does.Contain("values were rounded"));
            Assert.That(outcome.Output, Does.Match("an application wrote [1-9][0-9,]* times, the longest in [0-9,]+ ms, and read [1-9][0-9,]* times, the longest in [0-9,]+ ms; none failed"));
            Assert.That(outcome.Output, Does.Contain("phase 5, Retire: acknowledge, archive").And.Match("Dropping the old table is refused, as it should be. .* was archived .*EV012"));
            Assert.That(outcome.Error.Trim(), Is.Empty);
        });
        Assert.That(await DatabaseExistsAsync(DatabaseOf(outcome.Output)), Is.False);
    }

    [Test]
    public async Task With_keep_the_database_stays_and_can_be_reached()
    {
        var outcome = await RunAsync(TestServer.Server.ConnectionString, "--results", "50", "--answer-length", "0", "--keep");
        var kept = KeptLine().Match(outcome.Output);
        Assert.That(kept.Success, outcome.All);
        var connectionString = kept.Groups["connection"].Value.Trim();
        try
        {
            Assert.That(outcome.ExitCode, Is.Zero, outcome.All);
            Assert.That(await Sql.ScalarAsync<bool>(connectionString, "SELECT bool_and(v.ok) FROM evidently_schema.verify() AS v"));
            Assert.That(await Sql.ScalarAsync<char>(connectionString, "SELECT relkind FROM pg_class WHERE oid = 'public.extracted_positions'::regclass"), Is.EqualTo('v'), "archived");
        }
        finally
        {
            await TestServer.Server.DropDatabaseAsync(connectionString);
        }
    }

    [Test]
    public async Task A_server_of_its_own_is_gone_when_the_demo_is()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("The test looks for the server's folder where Linux has it.");
            return;
        }

        var temp = Directory.CreateTempSubdirectory("demo-");
        try
        {
            // As root the server runs as another user.
            File.SetUnixFileMode(temp.FullName, (UnixFileMode)0b111_111_111);
            var outcome = await RunAsync(connectionString: null, ["--results", "20", "--answer-length", "0"], ("TMPDIR", temp.FullName));

            Assert.That(outcome.ExitCode, Is.Zero, outcome.All);
            Assert.That(Directory.GetFileSystemEntries(temp.FullName, "evidently-schema-*"), Is.Empty);
        }
        finally
        {
            temp.Delete(recursive: true);
        }
    }

    [Test]
    public async Task Interrupted_the_demo_exits_130_and_leaves_no_database_behind()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("Ctrl-C cannot be sent to one process there.");
        }

        // A shell's background job, as CI may be one, ignores SIGINT, and so would its children.
        string[] command = [.. OperatingSystem.IsLinux() ? ["env", "--default-signal=INT", "dotnet"] : new[] { "dotnet" }, Program, "--results", "20000", "--answer-length", "2000"];
        await using var demo = ChildProcess.Start(command[0], command[1..], [("EVIDENTLY_SCHEMA_TEST_DB", TestServer.Server.ConnectionString)]);
        var said = "";
        while (await demo.Output.ReadLineAsync() is { } line)
        {
            said += line + Environment.NewLine;
            if (line.StartsWith("Build the legacy database", StringComparison.Ordinal))
            {
                break;
            }
        }

        await ChildProcess.RunAsync("/bin/kill", ["-INT", demo.Id.ToString()], []);
        var outcome = await demo.EndAsync();

        Assert.That(outcome.ExitCode, Is.EqualTo(130), said + outcome.All);
        Assert.That(await DatabaseExistsAsync(DatabaseOf(said)), Is.False);
    }

    [TestCase("--results", "nonsense")]
    [TestCase("--results", "0")]
    [TestCase("--results")]
    [TestCase("--nonsense")]
    public async Task Bad_arguments_are_one_line_and_exit_code_2(params string[] arguments)
    {
        var outcome = await RunAsync(connectionString: null, arguments);

        Assert.That(outcome.ExitCode, Is.EqualTo(2), outcome.All);
        Assert.That(outcome.Error.Trim().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(outcome.Error, Does.Contain(arguments[0]));
    }

    [TestCase("Host=127.0.0.1;Port=1;Username=postgres")]
    [TestCase("Host=nowhere.invalid;Username=postgres;Password=s3cret")]
    [TestCase("Host=h;Pasword=s3cret")]
    public async Task A_server_that_cannot_be_used_is_one_line_and_exit_code_1(string connectionString)
    {
        var outcome = await RunAsync(connectionString);

        Assert.That(outcome.ExitCode, Is.EqualTo(1), outcome.All);
        Assert.That(outcome.Error.Trim().Split('\n'), Has.Length.EqualTo(1), outcome.All);
        Assert.That(outcome.Error, Does.Contain("EVIDENTLY_SCHEMA_TEST_DB").And.Not.Contain("   at ").And.Not.Contain("s3cret"));
    }

    [GeneratedRegex("^Kept\\.(?<connection>.*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex KeptLine();

    [GeneratedRegex("^Database (?<name>evidently_[0-9a-f]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DatabaseLine();

    private static string DatabaseOf(string output)
    {
        var line = DatabaseLine().Match(output);
        Assert.That(line.Success, output);
        return line.Groups["name"].Value;
    }

    private static Task<bool> DatabaseExistsAsync(string name) =>
        Sql.ScalarAsync<bool>(TestServer.Server.ConnectionString, $"SELECT EXISTS (SELECT FROM pg_database WHERE datname = '{name}')");

    private static Task<Outcome> RunAsync(string? connectionString, params string[] arguments) => RunAsync(connectionString, arguments, []);

    private static Task<Outcome> RunAsync(string? connectionString, string[] arguments, params (string Name, string? Value)[] environment) =>
        ChildProcess.RunAsync("dotnet", [Program, .. arguments], [("EVIDENTLY_SCHEMA_TEST_DB", connectionString), .. environment]);
}
