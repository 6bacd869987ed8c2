using Evidently.Schema.DatabaseTests.Packages;
using Evidently.Schema.DatabaseTests.Tool;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Docs;

/// <summary>Runs commands as a reader would type them: the tool on the PATH, the database in the environment, in a folder that goes.</summary>
internal sealed class Shell : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("evidently-shell-");
    private readonly string _connectionString;

    public Shell(string connectionString)
    {
        _connectionString = connectionString;
        var tool = Path.Combine(_folder.FullName, "evidently-schema");
        File.WriteAllText(tool, $"#!/bin/sh\nexec dotnet '{ToolProcess.Program}' \"$@\"\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(tool, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    public Task<Outcome> RunAsync(string commands, params (string Name, string? Value)[] environment)
    {
        var target = new NpgsqlConnectionStringBuilder(_connectionString);
        return ChildProcess.RunAsync(
            "bash",
            ["-euo", "pipefail", "-c", commands],
            [
                ("PATH", $"{_folder.FullName}{Path.PathSeparator}{Environment.GetEnvironmentVariable("PATH")}"),
                ("PGHOST", target.Host), ("PGPORT", target.Port.ToString()), ("PGUSER", target.Username), ("PGDATABASE", target.Database), ("PGPASSWORD", target.Password),
                ("EVIDENTLY_SCHEMA_CONNECTION", null),
                ("CONNECTION", $"postgresql://{target.Username}@{target.Host}:{target.Port}/{target.Database}"),
                .. environment,
            ],
            _folder.FullName);
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
