using System.Text.Json;
using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.Packages;

namespace Evidently.Schema.DatabaseTests.Tool;

/// <summary>What the tool does for a person at a terminal, and what it leaves out where there is none.</summary>
[Category("Last")]
[Explicit("A terminal of its own: CI runs it last.")]
[Platform("Linux")]
public sealed class TerminalTests
{
    private const char Escape = '\u001b';
    private const int WidthWithoutTerminal = 160;

    [Test]
    public async Task Without_a_terminal_there_are_no_colours_and_no_broken_lines()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);

        var outcome = await ToolProcess.RunAsync(database.ConnectionString, "plan", "--to", "Retire");

        Assert.That(outcome.ExitCode, Is.Zero, outcome.All);
        Assert.That(outcome.Output, Does.Not.Contain(Escape));
        Assert.That(outcome.Output.Split('\n').Max(line => line.Length), Is.InRange(100, WidthWithoutTerminal));
    }

    [Test]
    public async Task The_plan_of_phase_5_names_its_tags_and_locks_and_prints_its_SQL()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Routed);

        var steps = (await ToolProcess.JsonAsync(database.ConnectionString, 0, "plan", "--to", "Retire", "--sql")).GetProperty("steps").EnumerateArray().ToList();

        Assert.That(steps.Select(step => step.GetProperty("version").GetInt64()), Is.EqualTo(new long[] { 501, 502, 503, 504, 505 }));
        Assert.That(steps.Select(step => step.GetProperty("tags")[0].GetString()), Is.EqualTo(new[] { "archive", "archive", "archive", "cleanup", "drop-raw-answer" }));
        Assert.Multiple(() =>
        {
            Assert.That(steps.Where(step => step.GetProperty("sql").GetArrayLength() == 0 || step.GetProperty("locks").GetArrayLength() == 0), Is.Empty);
            Assert.That(steps[0].GetProperty("sql").ToString(), Does.Contain("extracted_positions_archived"));
            Assert.That(steps[3].GetProperty("sql").ToString(), Does.Contain("DROP TABLE"));
        });
    }

    [Test]
    public async Task A_watched_status_is_an_object_a_second_until_it_is_interrupted()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        await using var tool = ToolProcess.Start(database.ConnectionString, "status", "--watch", "--json");
        var seen = 0;
        var text = string.Empty;
        while (seen < 2 && await tool.Output.ReadLineAsync() is { } line)
        {
            text += line;
            if (line is "}")
            {
                Assert.That(JsonDocument.Parse(text).RootElement.GetProperty("status").GetProperty("phase").GetString(), Is.EqualTo("DualWrite"));
                (seen, text) = (seen + 1, string.Empty);
            }
        }

        await ChildProcess.RunAsync("/bin/kill", ["-INT", $"{tool.Id}"], []);
        var outcome = await tool.EndAsync();

        Assert.That(seen, Is.EqualTo(2), outcome.All);
        Assert.That(outcome.ExitCode, Is.Zero, outcome.All);
    }

    [TestCase("n", 6, 303)]
    [TestCase("y", 0, 108)]
    public async Task At_a_terminal_a_rollback_asks(string answer, int exitCode, long left)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);

        var outcome = await AtTerminalAsync(database, answer, "rollback --to Create", ("TERM", "xterm-256color"));

        Assert.That(outcome.ExitCode, Is.EqualTo(exitCode), outcome.All);
        Assert.That(outcome.Output, Does.Contain("Go on?").And.Contain(Escape));
        Assert.That(await database.ScalarAsync<long>("SELECT max(version) FROM evidently_schema.version_info"), Is.EqualTo(left));
    }

    [Test]
    public async Task Colours_go_where_they_are_not_wanted()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Synced);
        const string Red = "[38;5;9m";

        await database.ExecuteAsync("DELETE FROM brand_metrics WHERE id IN (SELECT id FROM brand_metrics LIMIT 1)");
        var coloured = await AtTerminalAsync(database, string.Empty, "verify", ("TERM", "xterm-256color"));
        var plain = await AtTerminalAsync(database, string.Empty, "verify", ("TERM", "xterm-256color"), ("NO_COLOR", "1"));

        Assert.That((coloured.ExitCode, plain.ExitCode), Is.EqualTo((3, 3)), coloured.All);
        Assert.That(coloured.Output, Does.Contain(Red));
        Assert.That(plain.Output, Does.Not.Contain(Red));
    }

    /// <summary>A pseudo-terminal of util-linux's script.</summary>
    private static async Task<Outcome> AtTerminalAsync(StarDatabase database, string answer, string arguments, params (string Name, string? Value)[] environment)
    {
        if (!File.Exists("/usr/bin/script"))
        {
            Assert.Ignore("No script to make a terminal with.");
        }

        await using var terminal = ChildProcess.Start("/usr/bin/script", ["-qec", $"dotnet '{ToolProcess.Program}' {arguments}", "/dev/null"], [("EVIDENTLY_SCHEMA_CONNECTION", database.ConnectionString), .. environment]);
        await terminal.Input.WriteLineAsync(answer);
        await terminal.Input.FlushAsync();
        return await terminal.EndAsync();
    }
}
