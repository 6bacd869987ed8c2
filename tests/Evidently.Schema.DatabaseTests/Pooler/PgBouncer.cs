using System.Net;
using System.Net.Sockets;
using Evidently.Schema.DatabaseTests.Packages;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Pooler;

/// <summary>A PgBouncer in transaction mode in front of one database, with a single server connection, so that clients do share it.</summary>
internal sealed class PgBouncer : IAsyncDisposable
{
    private const int PortsTried = 5;

    private readonly ChildProcess _process;

    private PgBouncer(ChildProcess process, string connectionString, bool keepsPreparedStatements) =>
        (_process, ConnectionString, KeepsPreparedStatements) = (process, connectionString, keepsPreparedStatements);

    /// <summary>The way in through the pooler, unpooled on this side.</summary>
    public string ConnectionString { get; }

    /// <summary>Whether a statement prepared by a client is there on whichever server connection it gets: since version 1.21.</summary>
    public bool KeepsPreparedStatements { get; }

    /// <summary>Starts one, or ignores the test where there is none (fails on CI).</summary>
    public static async Task<PgBouncer> StartAsync(string connectionString, int serverConnections = 1)
    {
        var program = Array.Find(["/usr/sbin/pgbouncer", "/usr/bin/pgbouncer", "/usr/local/bin/pgbouncer", "/opt/homebrew/bin/pgbouncer"], File.Exists);
        if (program is null)
        {
            TestServer.Without("No pgbouncer to test through.");
            throw new InvalidOperationException("Not reached.");
        }

        var version = (await ChildProcess.RunAsync(program, ["--version"], [])).Output.Split('\n')[0].Split(' ')[^1].Trim();
        var prepares = Version.Parse(version) >= new Version(1, 21);
        for (var attempt = 1; ; attempt++)
        {
            var port = FreePort();
            var pooler = Start(program, new NpgsqlConnectionStringBuilder(connectionString), port, serverConnections, prepares);
            if (await pooler.AnswersAsync())
            {
                return pooler;
            }

            // Someone else took the port in between.
            pooler._process.Input.Close();
            var outcome = await pooler._process.EndAsync();
            await pooler._process.DisposeAsync();
            Assert.That(attempt, Is.LessThan(PortsTried), outcome.All);
        }
    }

    /// <summary>Whether it opens its port, or has found the server again, in time.</summary>
    public async Task<bool> AnswersAgainAsync()
    {
        for (var attempt = 0; attempt < 100; attempt++)
        {
            try
            {
                await Sql.ExecuteAsync(ConnectionString, "SELECT 1");
                return true;
            }
            catch (NpgsqlException)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System); // it has not opened its port yet
            }
        }

        return false;
    }

    public async ValueTask DisposeAsync()
    {
        _process.Input.Close();
        await _process.EndAsync();
        await _process.DisposeAsync();
    }

    private static PgBouncer Start(string program, NpgsqlConnectionStringBuilder target, int port, int serverConnections, bool prepares)
    {
        var ini =
            $"""
            [databases]
            {target.Database} = host={target.Host} port={target.Port} pool_size={serverConnections}
            [pgbouncer]
            listen_addr = 127.0.0.1
            listen_port = {port}
            unix_socket_dir =
            auth_type = trust
            pool_mode = transaction
            max_client_conn = 50
            server_lifetime = 3600
            server_login_retry = 1
            {(prepares ? "max_prepared_statements = 50" : "; no prepared statements")}
            """;
        var process = ChildProcess.Start(
            "/bin/sh", ["-c", Script()], [("POOLER", Script()), ("PROGRAM", program), ("INI", ini), ("USERS", $"\"{target.Username}\" \"{target.Password}\"")]);
        return new PgBouncer(process, new NpgsqlConnectionStringBuilder(target.ConnectionString) { Host = "127.0.0.1", Port = port, Pooling = false }.ConnectionString, prepares);
    }

    private static string Script()
    {
        using var reader = new StreamReader(typeof(PgBouncer).Assembly.GetManifestResourceStream("PgBouncer.sh")!);
        return reader.ReadToEnd();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private async Task<bool> AnswersAsync() =>
        string.Equals(await _process.Output.ReadLineAsync(), "ok", StringComparison.Ordinal) && await AnswersAgainAsync();
}
