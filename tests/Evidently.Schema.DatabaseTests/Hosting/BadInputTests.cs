using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Hosting;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Hosting;

/// <summary>A host that is to migrate a database it cannot use does not start, and says why in one line; Tool/BadInputTests has the tool's half.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class BadInputTests
{
    [TestCase("Host=nowhere.invalid;Username=u;Password=s3cret", SchemaError.Unreachable, "nowhere.invalid:5432")]
    [TestCase("Host=127.0.0.1;Port=1;Username=u;Password=s3cret", SchemaError.Unreachable, "127.0.0.1:1")]
    public async Task A_server_that_cannot_be_reached_is_named(string connectionString, SchemaError error, string says) => AssertRefused(await StartAsync(connectionString), error, says);

    [Test]
    public async Task A_wrong_user_a_missing_database_and_one_without_legacy_are_named()
    {
        await using var database = await HostDatabase.LegacyAsync();
        await using var empty = await HostDatabase.EmptyAsync();

        AssertRefused(await StartAsync(With(database, target => target.Username = "nobody_here")), SchemaError.LoginRefused, "user nobody_here refused the log-in");
        AssertRefused(await StartAsync(With(database, target => target.Database = "no_database")), SchemaError.LoginRefused, "database no_database");
        AssertRefused(await StartAsync(empty.ConnectionString), SchemaError.RequirementNotMet, "table public.customers is missing");
    }

    [Test]
    public async Task A_role_without_rights_is_told_what_to_type_and_has_made_nothing()
    {
        await using var database = await HostDatabase.LegacyAsync();
        var role = $"reader_{Guid.NewGuid():N}";
        await Sql.ExecuteAsync(database.AdminConnectionString, $"CREATE ROLE {role} LOGIN");
        try
        {
            AssertRefused(await StartAsync(With(database, target => target.Username = role)), SchemaError.MissingRights, $"GRANT {LegacyDatabase.OwnerRole} TO {role};");
        }
        finally
        {
            await Sql.ExecuteAsync(database.AdminConnectionString, $"DROP ROLE {role}");
        }

        Assert.That(await database.ScalarAsync<bool>("SELECT to_regnamespace('evidently_schema') IS NULL"), "not even the lease's table");
    }

    [Test]
    public async Task A_half_migrated_database_is_finished()
    {
        await using var database = await StarDatabase.CreateAsync(203);

        await using var host = await RunningHost.StartAsync(database.ConnectionString, options => options.MigrateOnStartup = true);

        await Eventually.Holds(async () => (await host.Migrator.GetStatusAsync()).Phase == Phase.DualWrite, "it is finished");
        await database.AssertStarAsync();
    }

    [Test]
    public async Task A_database_of_a_newer_version_is_left_alone_until_its_version_comes()
    {
        await using var database = await StarDatabase.CreateAsync(107);
        await database.ExecuteAsync("INSERT INTO evidently_schema.version_info (version, applied_on, description) VALUES (699, now(), 'of the future')");

        AssertRefused(await StartAsync(database.ConnectionString), SchemaError.WrongState, "migration 699, which this version of Evidently.Schema does not know");
        Assert.That(await database.ScalarAsync<long>("SELECT max(version) FROM evidently_schema.version_info WHERE version < 600"), Is.EqualTo(107));
    }

    private static string With(HostDatabase database, Action<NpgsqlConnectionStringBuilder> change)
    {
        var target = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Password = "s3cret" };
        change(target);
        return target.ConnectionString;
    }

    private static async Task<SchemaException> StartAsync(string connectionString) =>
        (await Assert.ThrowsAsync<SchemaException>(() => RunningHost.StartAsync(connectionString, options => options.MigrateOnStartup = true)))!;

    private static void AssertRefused(SchemaException refusal, SchemaError error, string says)
    {
        Assert.That(refusal.Error, Is.EqualTo(error), refusal.Message);
        Assert.That(refusal.Message, Does.Contain(says).And.Not.Contain("\n"));
        Assert.That(refusal.ToString(), Does.Not.Contain("s3cret"));
    }
}
