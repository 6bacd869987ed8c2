using System.Text.Json;
using Evidently.Schema.DatabaseTests.Packages;

namespace Evidently.Schema.DatabaseTests.Tool;

/// <summary>The tool as a process, with a database in its environment.</summary>
internal static class ToolProcess
{
    public static readonly string Program = Path.Combine(
        Repository.Root, "src", "Evidently.Schema.Tool", "bin", Repository.Configuration, Path.GetFileName(AppContext.BaseDirectory.TrimEnd(Path.DirectorySeparatorChar)), "Evidently.Schema.Tool.dll");

    // What a developer's shell may have set.
    private static readonly (string, string?)[] Clean = [("PGHOST", null), ("PGPORT", null), ("PGDATABASE", null), ("PGUSER", null), ("PGPASSWORD", null)];

    public static Task<Outcome> RunAsync(string? connectionString, params string[] arguments) =>
        ChildProcess.RunAsync("dotnet", [Program, .. arguments], [.. Clean, ("EVIDENTLY_SCHEMA_CONNECTION", connectionString)]);

    public static Task<Outcome> RunWithAsync((string Name, string? Value)[] environment, params string[] arguments) =>
        ChildProcess.RunAsync("dotnet", [Program, .. arguments], [.. Clean, ("EVIDENTLY_SCHEMA_CONNECTION", null), .. environment]);

    public static ChildProcess Start(string connectionString, params string[] arguments)
    {
        // A shell's background job, as CI may be one, ignores SIGINT, and so would its children.
        string[] command = [.. OperatingSystem.IsLinux() ? ["env", "--default-signal=INT", "dotnet"] : new[] { "dotnet" }, Program, .. arguments];
        return ChildProcess.Start(command[0], command[1..], [.. Clean, ("EVIDENTLY_SCHEMA_CONNECTION", connectionString)]);
    }

    public static async Task<JsonElement> JsonAsync(string connectionString, int exitCode, params string[] arguments)
    {
        var outcome = await RunAsync(connectionString, [.. arguments, "--json"]);
        Assert.That(outcome.ExitCode, Is.EqualTo(exitCode), outcome.All);
        return JsonDocument.Parse(outcome.Output).RootElement;
    }

    /// <summary>One line that says what is wrong, this exit code, and nothing secret.</summary>
    public static void AssertRefused(Outcome outcome, int exitCode, string says)
    {
        Assert.Multiple(() =>
        {
            Assert.That(outcome.ExitCode, Is.EqualTo(exitCode), outcome.All);
            Assert.That(outcome.Error.Trim().Split('\n'), Has.Length.EqualTo(1), outcome.All);
            Assert.That(outcome.Error, Does.Contain(says).And.Not.Contain("s3cret"));
            Assert.That(outcome.Output.Trim(), Is.Empty);
        });
    }
}
