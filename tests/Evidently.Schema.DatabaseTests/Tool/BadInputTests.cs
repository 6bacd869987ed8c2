using System.Text.Json;
using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.Hosting;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Tool;

/// <summary>Bad input is one clear line and an exit code of its own.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class BadInputTests
{
    [TestCase("There is no phase \"Bakfill\"; did you mean Backfill?", "migrate", "--to", "Bakfill")]
    [TestCase("A percent is a whole number from 0 to 100, not \"101\".", "route", "dashboard", "101")]
    [TestCase("'nonsense'", "nonsense")]
    [TestCase("'--password'", "status", "--password", "s3cret-in-vain")]
    [TestCase("'strcit'", "mode", "strcit")]
    [TestCase("--to", "rollback")]
    [TestCase("LockTimeout", "migrate", "--wait", "-1")]
    [TestCase("at most", "migrate", "--to", "Retire")]
    public async Task Arguments_that_cannot_be_used_are_exit_code_2(string says, params string[] arguments)
    {
        var outcome = await ToolProcess.RunAsync("Host=127.0.0.1;Port=1;Username=nobody", arguments);

        Assert.That(outcome.ExitCode, Is.EqualTo(2), outcome.All);
        Assert.That(outcome.Error.Trim().Split('\n'), Has.Length.EqualTo(1), outcome.All);
        Assert.That(outcome.Error, Does.Contain(says));
    }

    [TestCase("Host=h;Pasword=s3cret")]
    [TestCase("postgresql://user:s3cret@host:port/database")]
    public async Task A_connection_that_cannot_be_read_is_not_repeated(string connectionString) =>
        ToolProcess.AssertRefused(await ToolProcess.RunAsync(connectionString, "status"), 2, "EVIDENTLY_SCHEMA_CONNECTION cannot be read");

    [Test]
    public async Task A_wrong_host_an_unreachable_server_a_wrong_user_and_no_database_are_exit_code_5()
    {
        await using var database = await HostDatabase.LegacyAsync();
        NpgsqlConnectionStringBuilder With(Action<NpgsqlConnectionStringBuilder> change)
        {
            var target = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Password = "s3cret" };
            change(target);
            return target;
        }

        ToolProcess.AssertRefused(await ToolProcess.RunAsync("Host=nowhere.invalid;Username=u;Password=s3cret", "status"), 5, "nowhere.invalid:5432");
        ToolProcess.AssertRefused(await ToolProcess.RunAsync(With(target => target.Port = 1).ConnectionString, "migrate"), 5, ":1, database");
        ToolProcess.AssertRefused(await ToolProcess.RunAsync(With(target => target.Username = "nobody_here").ConnectionString, "migrate"), 5, "user nobody_here refused the log-in");
        ToolProcess.AssertRefused(await ToolProcess.RunAsync(With(target => target.Database = "no_database").ConnectionString, "migrate"), 5, "database no_database");
    }

    [Test]
    public async Task A_wrong_password_is_exit_code_5_and_is_not_repeated()
    {
        await using var server = await OwnServer.StartAsync();
        var rules = (await Sql.ScalarAsync<string>(server.ConnectionString, "SHOW hba_file"))!;
        await File.WriteAllTextAsync(rules, $"host all watched all scram-sha-256{Environment.NewLine}{await File.ReadAllTextAsync(rules)}");
        await Sql.ExecuteAsync(server.ConnectionString, "CREATE ROLE watched LOGIN PASSWORD 'right'; SELECT pg_reload_conf()");
        var target = new NpgsqlConnectionStringBuilder(server.ConnectionString);
        (string, string?)[] environment = [("PGHOST", target.Host), ("PGPORT", target.Port.ToString()), ("PGUSER", "watched"), ("PGDATABASE", target.Database), ("PGPASSWORD", "s3cret")];

        ToolProcess.AssertRefused(await ToolProcess.RunWithAsync(environment, "migrate"), 5, "password");
        Assert.That((await ToolProcess.RunWithAsync([.. environment[..4], ("PGPASSWORD", "right")], "status")).ExitCode, Is.Zero);
    }

    [Test]
    public async Task A_role_without_rights_and_a_database_without_legacy_are_refused()
    {
        await using var database = await HostDatabase.LegacyAsync();
        await using var empty = await HostDatabase.EmptyAsync();
        var name = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database;
        var role = $"reader_{Guid.NewGuid():N}";
        await Sql.ExecuteAsync(database.AdminConnectionString, $"CREATE ROLE {role} LOGIN; REVOKE CREATE ON SCHEMA public FROM PUBLIC");
        try
        {
            var reader = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = role, Password = null }.ConnectionString;
            var refused = await ToolProcess.RunAsync(reader, "migrate");
            ToolProcess.AssertRefused(refused, 1, $"GRANT CREATE ON DATABASE {name} TO {role}; GRANT USAGE, CREATE ON SCHEMA public TO {role}; GRANT {LegacyDatabase.OwnerRole} TO {role};");
            ToolProcess.AssertRefused(await ToolProcess.RunAsync(reader, "migrate", "--to", "Create", "--json"), 1, "\"sqlState\":\"EV002\"");
            Assert.That((await ToolProcess.JsonAsync(reader, 3, "preflight")).GetProperty("problems")[0].GetString(), Does.Contain($"GRANT CREATE ON DATABASE {name}"));
            Assert.That(await database.ScalarAsync<bool>("SELECT to_regnamespace('evidently_schema') IS NULL"), "nothing was made");

            await Sql.ExecuteAsync(database.AdminConnectionString, refused.Error[refused.Error.IndexOf("GRANT CREATE", StringComparison.Ordinal)..refused.Error.IndexOf(" Or connect", StringComparison.Ordinal)]);
            Assert.That((await ToolProcess.RunAsync(reader, "migrate", "--to", "Create")).ExitCode, Is.Zero, "what it says to type is enough");
        }
        finally
        {
            await Sql.ExecuteAsync(database.AdminConnectionString, $"DROP OWNED BY {role}; DROP ROLE {role}");
        }

        ToolProcess.AssertRefused(await ToolProcess.RunAsync(empty.ConnectionString, "migrate"), 1, "table public.customers is missing");
    }

    [Test]
    public async Task A_half_migrated_database_is_told_and_can_be_finished()
    {
        await using var database = await StarDatabase.CreateAsync(203);

        ToolProcess.AssertRefused(await ToolProcess.RunAsync(database.ConnectionString, "verify"), 1, "Type: evidently-schema migrate --to Backfill");
        ToolProcess.AssertRefused(await ToolProcess.RunAsync(database.ConnectionString, "route"), 1, "before phase 4");
        Assert.That((await ToolProcess.RunAsync(database.ConnectionString, "status")).Output, Does.Contain("a part of the next: up to 203"));
        Assert.That((await ToolProcess.RunAsync(database.ConnectionString, "preflight")).ExitCode, Is.Zero);
        Assert.That((await ToolProcess.RunAsync(database.ConnectionString, "migrate")).ExitCode, Is.Zero);
        Assert.That((await ToolProcess.RunAsync(database.ConnectionString, "verify")).ExitCode, Is.Zero);
    }

    [Test]
    public async Task A_database_of_a_newer_version_is_left_alone()
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Created);
        await database.ExecuteAsync("INSERT INTO evidently_schema.version_info (version, applied_on, description) VALUES (699, now(), 'of the future')");

        ToolProcess.AssertRefused(await ToolProcess.RunAsync(database.ConnectionString, "migrate"), 1, "migration 699, which this version of Evidently.Schema does not know");
        ToolProcess.AssertRefused(await ToolProcess.RunAsync(database.ConnectionString, "rollback", "--to", "None", "--yes"), 1, "699");
        Assert.That(await database.ScalarAsync<long>("SELECT max(version) FROM evidently_schema.version_info WHERE version < 600"), Is.EqualTo(Steps.Created));
    }

    [Test]
    public async Task Of_two_at_once_the_second_is_exit_code_4()
    {
        await using var database = await HostDatabase.LegacyAsync();
        await using var other = await database.OpenAsync();
        await using var enter = new NpgsqlCommand("SELECT pg_advisory_lock(1702259052, 2)", other);
        await enter.ExecuteNonQueryAsync();

        ToolProcess.AssertRefused(await ToolProcess.RunAsync(database.ConnectionString, "migrate", "--wait", "0"), 4, $"backend {other.ProcessID}");
    }

    [TestCase(1, "Failed", "Type: evidently-schema migrate --to Reads", "archive")]
    [TestCase(2, "BadArguments", "Try --help.", "route", "dashboard", "101")]
    [TestCase(2, "BadArguments", "Try --help.", "nonsense")]
    [TestCase(6, "NotConfirmed", "say --yes.", "rollback", "--to", "None")]
    public async Task With_json_an_error_is_an_object_on_the_error_output(int exitCode, string code, string hint, params string[] arguments)
    {
        await using var database = await StarDatabase.CreateAsync(Steps.Created);

        var error = await ErrorAsync(exitCode, database.ConnectionString, arguments);

        Assert.That(error.GetProperty("code").GetString(), Is.EqualTo(code));
        Assert.That(error.GetProperty("hint").GetString(), Is.EqualTo(hint));
        Assert.That(error.GetProperty("message").GetString(), Does.EndWith(hint));
    }

    [Test]
    public async Task With_json_what_the_database_says_has_its_SQLSTATE_and_its_hint()
    {
        await using var empty = await HostDatabase.EmptyAsync();

        var refused = await ErrorAsync(1, empty.ConnectionString, "migrate");
        var unreachable = await ErrorAsync(5, "Host=127.0.0.1;Port=1;Username=nobody;Password=s3cret", "migrate");

        Assert.Multiple(() =>
        {
            Assert.That((refused.GetProperty("code").GetString(), refused.GetProperty("sqlState").GetString()), Is.EqualTo(("RequirementNotMet", "EV001")));
            Assert.That(refused.GetProperty("hint").GetString(), Does.StartWith("Connect to the database that holds extracted_positions"));
            Assert.That((unreachable.GetProperty("code").GetString(), unreachable.GetProperty("sqlState").GetString()), Is.EqualTo(("Unreachable", (string?)null)));
        });
    }

    private static async Task<JsonElement> ErrorAsync(int exitCode, string connectionString, params string[] arguments)
    {
        var outcome = await ToolProcess.RunAsync(connectionString, [.. arguments, "--json"]);
        ToolProcess.AssertRefused(outcome, exitCode, "error");
        var error = JsonDocument.Parse(outcome.Error).RootElement.GetProperty("error");
        Assert.That(error.GetProperty("exitCode").GetInt32(), Is.EqualTo(exitCode));
        return error;
    }
}
