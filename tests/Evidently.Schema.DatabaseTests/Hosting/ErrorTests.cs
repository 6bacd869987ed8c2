using System.Globalization;
using Evidently.Schema.Hosting;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Hosting;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class ErrorTests
{
    private const string Secret = "s3cret-value";

    private static readonly string[] States = ["EV001", "EV002", "EV003", "EV004", "EV005", "EV006", "EV007", "EV008", "42501", "55P03", "23505"];

    [Test]
    public async Task A_server_that_is_not_there_is_named_without_the_password()
    {
        await using var migrator = SchemaMigrator.Create(new SchemaOptions { ConnectionString = $"Host=127.0.0.1;Port=1;Database=shop;Username=joe;Password={Secret};Timeout=5" });

        foreach (var call in new Func<Task>[] { () => migrator.GetStatusAsync(), () => migrator.MigrateAsync(Phase.Create), () => migrator.RollbackAsync(Phase.None), () => migrator.VerifyAsync() })
        {
            var exception = (await Assert.ThrowsAsync<SchemaException>(() => call()))!;
            Assert.That(exception.Error, Is.EqualTo(SchemaError.Unreachable));
            Assert.That(exception.Message, Does.Contain("127.0.0.1:1").And.Contain("shop").And.Contain("joe"));
            Assert.That(exception.ToString(), Does.Not.Contain(Secret));
        }
    }

    [Test]
    public async Task A_database_that_does_not_exist_is_named()
    {
        var server = TestServer.Server;
        var target = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = "no_such_database", Password = Secret };
        await using var migrator = SchemaMigrator.Create(new SchemaOptions { ConnectionString = target.ConnectionString });

        var exception = (await Assert.ThrowsAsync<SchemaException>(() => migrator.MigrateAsync(Phase.Create)))!;

        Assert.That(exception.Error, Is.EqualTo(SchemaError.LoginRefused));
        Assert.That(exception.SqlState, Is.EqualTo("3D000"));
        Assert.That(exception.Message, Does.Contain("no_such_database"));
        Assert.That(exception.ToString(), Does.Not.Contain(Secret));
    }

    [Test]
    public async Task A_wrong_password_is_refused_without_repeating_it()
    {
        var server = TestServer.Server;
        if (server.Folder is null)
        {
            Assert.Ignore("Only a server of our own can be told to ask this role for a password.");
        }

        await using var database = await HostDatabase.EmptyAsync();
        var role = string.Create(CultureInfo.InvariantCulture, $"asked_{Random.Shared.NextInt64():x}");
        await database.ExecuteAsync($"CREATE ROLE {role} LOGIN PASSWORD 'right'");
        var rules = await database.ScalarAsync<string>("SHOW hba_file");
        await File.WriteAllTextAsync(rules, $"host all {role} all scram-sha-256{Environment.NewLine}{await File.ReadAllTextAsync(rules)}");
        await database.ExecuteAsync("SELECT pg_reload_conf()");
        var target = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Username = role, Password = Secret };
        await using var migrator = SchemaMigrator.Create(new SchemaOptions { ConnectionString = target.ConnectionString });
        await Eventually.Holds(() => database.ScalarAsync<bool>($"SELECT EXISTS (SELECT FROM pg_hba_file_rules WHERE '{role}' = ANY (user_name)) AND pg_conf_load_time() > now() - interval '1 minute'"), "the rules are loaded");
        SchemaException? exception = null;
        await Eventually.Holds(async () => (exception = await RefusalAsync(migrator)) is not null, "the server asks for the password");

        Assert.That(exception!.Error, Is.EqualTo(SchemaError.LoginRefused));
        Assert.That(exception.SqlState, Is.EqualTo("28P01"));
        Assert.That(exception.Message, Does.Contain("Check Username and Password"));
        Assert.That(exception.ToString(), Does.Not.Contain(Secret));
    }

    [TestCaseSource(nameof(States))]
    public async Task What_SQL_raises_becomes_a_typed_error_with_phase_detail_and_hint(string state)
    {
        await using var database = await HostDatabase.LegacyAsync();
        await using var migrator = database.Migrator();
        await migrator.MigrateAsync(Phase.Create);
        await migrator.RollbackAsync(Phase.None);
        await database.ExecuteAsync(
            $$"""
            CREATE FUNCTION evidently_schema.refuse() RETURNS trigger LANGUAGE plpgsql AS $f$
            BEGIN
                RAISE EXCEPTION 'the step refuses' USING ERRCODE = '{{state}}', DETAIL = 'with a detail', HINT = 'and a hint';
            END $f$;
            CREATE TRIGGER refuse BEFORE INSERT ON evidently_schema.version_info FOR EACH STATEMENT EXECUTE FUNCTION evidently_schema.refuse();
            """);

        var exception = (await Assert.ThrowsAsync<SchemaException>(() => migrator.MigrateAsync(Phase.Create)))!;

        var ours = state.StartsWith("EV", StringComparison.Ordinal);
        var expected = state switch
        {
            "42501" => SchemaError.MissingRights,
            "55P03" => SchemaError.LockTimeout,
            "23505" => SchemaError.Database,
            _ => (SchemaError)int.Parse(state[2..], CultureInfo.InvariantCulture),
        };
        Assert.Multiple(() =>
        {
            Assert.That(exception.Error, Is.EqualTo(expected));
            Assert.That(exception.Phase, Is.EqualTo(Phase.Create));
            Assert.That(exception.SqlState, Is.EqualTo(state));
            Assert.That(exception.InnerException, Is.InstanceOf<PostgresException>());
            Assert.That(exception.Message, Does.StartWith("Migrating to phase Create, migration 101: the step refuses."));
            Assert.That(exception.Message, ours ? Does.Contain("with a detail. and a hint.") : Does.Not.Contain("with a detail"));
            Assert.That(exception.ToString(), ours ? Does.Contain("with a detail") : Does.Not.Contain("with a detail"));
        });
    }

    [Test]
    public async Task Values_of_rows_stay_out_of_messages_and_inner_exceptions()
    {
        await using var database = await HostDatabase.LegacyAsync();
        await using var migrator = database.Migrator();
        await migrator.MigrateAsync(Phase.Create);
        await migrator.RollbackAsync(Phase.None);
        await database.ExecuteAsync(
            $$"""
            CREATE FUNCTION evidently_schema.fail() RETURNS trigger LANGUAGE plpgsql AS $f$
            BEGIN
                PERFORM '{{Secret}}'::integer;
            END $f$;
            CREATE TRIGGER fail BEFORE INSERT ON evidently_schema.version_info FOR EACH STATEMENT EXECUTE FUNCTION evidently_schema.fail();
            """);

        var exception = (await Assert.ThrowsAsync<SchemaException>(() => migrator.MigrateAsync(Phase.Create)))!;

        Assert.That(exception.SqlState, Is.EqualTo("22P02"));
        Assert.That(exception.ToString(), Does.Not.Contain(Secret));
    }

    private static async Task<SchemaException?> RefusalAsync(SchemaMigrator migrator)
    {
        try
        {
            await migrator.GetStatusAsync();
            return null;
        }
        catch (SchemaException exception)
        {
            return exception;
        }
    }
}
