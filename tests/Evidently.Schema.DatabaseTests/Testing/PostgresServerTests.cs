using System.Diagnostics;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Testing;

[TestFixture]
[Parallelizable(ParallelScope.Self)]
public sealed class PostgresServerTests
{
    private static readonly PostgresServerOptions Installed = new() { Sources = [PostgresServerSource.Installed] };

    [Test]
    public async Task An_installed_server_starts_and_is_gone_after_disposal()
    {
        var server = await StartInstalledAsync(Installed);
        Assert.Multiple(() =>
        {
            Assert.That(server.Source, Is.EqualTo(PostgresServerSource.Installed));
            Assert.That(server.Version.Major, Is.GreaterThanOrEqualTo(15));
            Assert.That(server.BinariesDirectory, Is.Not.Null);
            Assert.That(server.Folder, Does.Exist);
        });
        Assert.That(await Sql.ScalarAsync<string>(server.ConnectionString, "SHOW listen_addresses"), Is.EqualTo("127.0.0.1"));
        await server.DisposeAsync();
        Assert.That(server.Folder, Does.Not.Exist);
        Assert.That(await AnswersAsync(server.ConnectionString), Is.False);
        await server.DisposeAsync();
    }

    [Test]
    public async Task A_setting_wins_over_its_default()
    {
        await using var server = await StartInstalledAsync(new()
        {
            Sources = Installed.Sources,
            Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["fsync"] = "on", ["application_name"] = "it's a name" },
        });
        Assert.That(await Sql.ScalarAsync<string>(server.ConnectionString, "SHOW fsync"), Is.EqualTo("on"));
        Assert.That(await Sql.ScalarAsync<string>(server.ConnectionString, "SHOW application_name"), Is.EqualTo("it's a name"));
        Assert.That(await Sql.ScalarAsync<string>(server.ConnectionString, "SHOW full_page_writes"), Is.EqualTo("off"));
    }

    [Test]
    public async Task A_setting_the_server_does_not_know_is_the_reason_why_it_does_not_start()
    {
        await using var _ = await StartInstalledAsync(Installed);
        var problem = await Assert.ThrowsAsync<InvalidOperationException>(() => PostgresServer.StartAsync(new()
        {
            Sources = Installed.Sources,
            Settings = new Dictionary<string, string>(StringComparer.Ordinal) { ["no_such_setting"] = "1" },
        }));
        Assert.That(problem!.Message, Does.Contain("no_such_setting"));
    }

    [Test]
    public async Task A_crashed_server_starts_again_with_its_data()
    {
        await using var server = await StartInstalledAsync(Installed);
        await Sql.ExecuteAsync(server.ConnectionString, "CREATE TABLE kept AS SELECT 1 AS n");
        await server.StopAsync(immediate: true);
        Assert.That(await AnswersAsync(server.ConnectionString), Is.False);
        await server.StartAgainAsync();
        Assert.That(await Sql.ScalarAsync<int>(server.ConnectionString, "SELECT n FROM kept"), Is.EqualTo(1));
    }

    [Test]
    public async Task A_server_named_by_a_connection_string_is_used_and_left_running()
    {
        var options = new PostgresServerOptions { ConnectionString = TestServer.Server.ConnectionString };
        var server = await PostgresServer.StartAsync(options);
        Assert.That(server.Source, Is.EqualTo(PostgresServerSource.Environment));
        var database = await server.CreateDatabaseAsync();
        Assert.That(await AnswersAsync(database), Is.True);
        await server.DropDatabaseAsync(database);
        Assert.That(await AnswersAsync(database), Is.False);
        await Assert.ThrowsAsync<InvalidOperationException>(() => server.StopAsync(immediate: true));
        await server.DisposeAsync();
        Assert.That(await AnswersAsync(TestServer.Server.ConnectionString), Is.True);
    }

    [Test]
    public async Task A_named_server_that_does_not_answer_is_an_error_and_no_other_is_taken()
    {
        var options = new PostgresServerOptions { ConnectionString = "Host=127.0.0.1;Port=1;Username=postgres" };
        var problem = await Assert.ThrowsAsync<InvalidOperationException>(() => PostgresServer.StartAsync(options));
        Assert.That(problem!.Message, Does.Contain("does not answer"));
    }

    [Test]
    [Category("Last")]
    [Explicit("Packs and unpacks a whole server: CI runs it last.")]
    public async Task Programs_are_fetched_once_and_then_started_as_installed_ones_are()
    {
        string binaries;
        await using (var installed = await StartInstalledAsync(Installed))
        {
            binaries = installed.BinariesDirectory!;
        }

        await using var repository = await BinariesRepository.PackAsync(binaries);
        var cache = Directory.CreateTempSubdirectory("evidently-schema-cache-");
        try
        {
            if (!OperatingSystem.IsWindows())
            {
                // The server's user reads it.
                File.SetUnixFileMode(cache.FullName, (UnixFileMode)0b111_101_101);
            }

            var options = new PostgresServerOptions
            {
                Sources = [PostgresServerSource.Embedded],
                EmbeddedVersion = "15.99.0",
                EmbeddedRepository = repository.Address,
                EmbeddedCacheDirectory = cache.FullName,
            };
            for (var run = 1; run <= 2; run++)
            {
                await using var server = await PostgresServer.StartAsync(options);
                Assert.That(server.Source, Is.EqualTo(PostgresServerSource.Embedded));
                Assert.That(server.BinariesDirectory, Does.StartWith(cache.FullName));
                Assert.That(await AnswersAsync(server.ConnectionString), Is.True);
            }

            Assert.That(repository.Requests.Count(path => path.EndsWith(".jar", StringComparison.Ordinal)), Is.EqualTo(1));
        }
        finally
        {
            cache.Delete(recursive: true);
        }
    }

    [Test]
    public async Task A_container_is_started_when_an_engine_answers()
    {
        PostgresServer server;
        try
        {
            server = await PostgresServer.StartAsync(new() { Sources = [PostgresServerSource.Docker] });
        }
        catch (InvalidOperationException problem)
        {
            // The one way that may be missing on CI too.
            Assert.Ignore(problem.Message);
            return;
        }

        await using (server)
        {
            Assert.That(await Sql.ScalarAsync<string>(server.ConnectionString, "SHOW fsync"), Is.EqualTo("off"));
        }
    }

    [Test]
    public async Task Without_any_server_the_message_names_the_four_ways_and_why_each_failed()
    {
        var empty = Directory.CreateTempSubdirectory("evidently-schema-empty-");
        try
        {
            var problem = await Assert.ThrowsAsync<InvalidOperationException>(() => PostgresServer.StartAsync(new()
            {
                ConnectionString = "",
                BinariesDirectory = empty.FullName,
                DockerImage = "evidently-schema/no-such-image:0",
                EmbeddedRepository = "http://127.0.0.1:1",
                EmbeddedCacheDirectory = empty.FullName,
            }));
            TestContext.Out.WriteLine(problem!.Message);
            Assert.That(problem!.Message, Does.Contain("- Environment: EVIDENTLY_SCHEMA_TEST_DB is not set")
                .And.Contain($"- Installed: no initdb, pg_ctl and postgres that run in {empty.FullName}")
                .And.Contain("- Docker: ").And.Contain("- Embedded: "));
        }
        finally
        {
            empty.Delete(recursive: true);
        }
    }

    [TestCase(false)]
    [TestCase(true)]
    public async Task A_killed_process_leaves_no_server_behind(bool wholeProcessTree)
    {
        await using var _ = await StartInstalledAsync(Installed);
        var program = Path.Combine(TestContext.CurrentContext.TestDirectory, "Evidently.Schema.Probe.dll");
        var host = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";
        using var probe = Process.Start(new ProcessStartInfo(host, ["exec", program])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        var folder = await probe.StandardOutput.ReadLineAsync();
        var connectionString = await probe.StandardOutput.ReadLineAsync();
        Assert.That(folder, Does.Exist);
        Assert.That(await AnswersAsync(connectionString!), Is.True);
        probe.Kill(wholeProcessTree);
        await Eventually.Holds(() => Task.FromResult(!Directory.Exists(folder)), "the folder is gone");
        Assert.That(await AnswersAsync(connectionString!), Is.False);
    }

    private static async Task<PostgresServer> StartInstalledAsync(PostgresServerOptions options)
    {
        try
        {
            return await PostgresServer.StartAsync(options);
        }
        catch (InvalidOperationException problem)
        {
            TestServer.Without("No PostgreSQL is installed here.", problem);
            throw;
        }
    }

    private static async Task<bool> AnswersAsync(string connectionString)
    {
        try
        {
            return await Sql.ScalarAsync<int>(connectionString, "SELECT 1") == 1;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
