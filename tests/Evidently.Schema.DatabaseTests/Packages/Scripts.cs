using Npgsql;

namespace Evidently.Schema.DatabaseTests.Packages;

/// <summary>Scripts that dotnet-fm previews, and psql applies.</summary>
internal static class Scripts
{
    /// <summary>Writes the script and applies it; a failure fails the test.</summary>
    public static async Task ApplyAsync(string connectionString, params string[] arguments)
    {
        await using var psql = StartPsql(connectionString, await PreviewAsync(connectionString, arguments));
        psql.Input.Close();
        var outcome = await psql.EndAsync();
        Assert.That(outcome.ExitCode, Is.Zero, outcome.All);
    }

    /// <summary>The script's file; without arguments, of all that is to be migrated.</summary>
    public static async Task<string> PreviewAsync(string connectionString, params string[] arguments)
    {
        var script = Path.Combine(await PackedPackages.FolderAsync(), $"{Guid.NewGuid():N}.sql");
        var outcome = await DotnetFm.RunAsync(connectionString, [.. arguments.Length == 0 ? ["up"] : arguments, "--preview", script]);
        Assert.That(outcome.ExitCode, Is.Zero, outcome.All);
        return script;
    }

    public static ChildProcess StartPsql(string connectionString, string script)
    {
        if (TestServer.Server.BinariesDirectory is not { } binaries || !File.Exists(Path.Combine(binaries, "psql")))
        {
            TestServer.Without("No psql beside the server.");
            throw new InvalidOperationException("Not reached.");
        }

        var target = new NpgsqlConnectionStringBuilder(connectionString);
        return ChildProcess.Start(
            Path.Combine(binaries, "psql"),
            ["--no-psqlrc", "--quiet", "-v", "ON_ERROR_STOP=1", "-f", script],
            [("PGHOST", target.Host), ("PGPORT", $"{target.Port}"), ("PGDATABASE", target.Database), ("PGUSER", target.Username), ("PGPASSWORD", target.Password), ("PGCLIENTENCODING", "UTF8")]);
    }
}
