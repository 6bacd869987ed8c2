using Evidently.Schema.DatabaseTests.Packages;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests;

/// <summary>A streaming standby of a server of the test's own, from the same binaries, whose replay the test may pause.</summary>
internal sealed class Standby : IAsyncDisposable
{
    private const string Copy = "rm -rf \"$DATA\" && \"$PROGRAM\" -D \"$DATA\" -R -C -S \"$SLOT\" -X stream -c fast -h 127.0.0.1 -p \"$PORT\" -U postgres && chown -R --reference=\"$FOLDER\" \"$DATA\"";

    private readonly PostgresServer _server;

    private Standby(PostgresServer server) => _server = server;

    /// <summary>Copies the primary over the data of a server of its own; ignores the test (fails on CI) where there is no pg_basebackup.</summary>
    public static async Task<Standby> StartAsync(PostgresServer primary)
    {
        var program = Path.Combine(primary.BinariesDirectory ?? string.Empty, "pg_basebackup");
        if (!File.Exists(program))
        {
            TestServer.Without("No pg_basebackup beside the server's binaries to make a standby with.");
        }

        var server = await OwnServer.StartAsync();
        try
        {
            await server.StopAsync(immediate: true);
            var outcome = await ChildProcess.RunAsync(
                "/bin/sh",
                ["-c", Copy],
                [("PROGRAM", program), ("SLOT", $"s{Guid.NewGuid():N}"), ("PORT", $"{new NpgsqlConnectionStringBuilder(primary.ConnectionString).Port}"), ("FOLDER", server.Folder), ("DATA", Path.Combine(server.Folder!, "data"))]);
            Assert.That(outcome.ExitCode, Is.Zero, outcome.All);
            await server.StartAgainAsync();
            await Eventually.Holds(() => Sql.ScalarAsync<bool>(primary.ConnectionString, "SELECT EXISTS (SELECT FROM pg_stat_replication WHERE state = 'streaming')"), "it streams");
            return new Standby(server);
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public Task PauseReplayAsync() => Sql.ExecuteAsync(_server.ConnectionString, "SELECT pg_wal_replay_pause()");

    public Task ResumeReplayAsync() => Sql.ExecuteAsync(_server.ConnectionString, "SELECT pg_wal_replay_resume()");

    public ValueTask DisposeAsync() => _server.DisposeAsync();
}
