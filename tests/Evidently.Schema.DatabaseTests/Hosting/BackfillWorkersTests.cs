using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Hosting;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Hosting;

/// <summary>The sessions that copy beside the runner.</summary>
[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class BackfillWorkersTests
{
    /// <summary>Results in all four lanes, which change every 256 ids.</summary>
    private const int AllLanes = 1_100;

    private const string Copying = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%CALL evidently_schema.backfill(%' AND pid <> pg_backend_pid()";
    private const string Waiting = Copying + " AND wait_event_type = 'Lock'";

    [TestCase(1)]
    [TestCase(2)]
    [TestCase(4)]
    public async Task As_many_sessions_copy_as_the_option_says_and_none_is_left_behind(int workers)
    {
        await using var database = await HostDatabase.LegacyAsync(AllLanes);
        await using var migrator = database.Migrator(options => options.BackfillWorkers = workers);
        await migrator.MigrateAsync(Phase.Create);
        await using var hold = await HeldAsync(database);

        var migrating = migrator.MigrateAsync(Phase.Backfill);
        await Eventually.Holds(async () => await database.ScalarAsync<long>(Waiting) == workers, "every session waits for legacy");
        Assert.That(
            await database.ScalarAsync<long>("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 1702259052 AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"),
            Is.EqualTo(2),
            "the gate and the runner; a worker holds no runner lock");
        await hold.DisposeAsync();
        await migrating;

        Assert.That((await migrator.VerifyAsync()).Ok, Is.True);
        Assert.That(await database.ScalarAsync<long>("SELECT done FROM evidently_schema.backfill_progress"), Is.EqualTo(AllLanes));
        Assert.That(await database.ScalarAsync<long>(Copying), Is.Zero);
    }

    [Test]
    public async Task The_spare_indexes_are_built_by_as_many_sessions()
    {
        await using var database = await HostDatabase.LegacyAsync(AllLanes);
        await Steps.UpAsync(database.ConnectionString, Steps.Copied);
        await using var migrator = database.Migrator(options => options.BackfillWorkers = 2);
        await using var keeper = await Session.OpenAsync(database.ConnectionString, "BEGIN; LOCK TABLE competitor_metrics, metric_facts IN ROW EXCLUSIVE MODE");

        var migrating = migrator.MigrateAsync(Phase.Backfill);
        await Eventually.Holds(
            async () => await database.ScalarAsync<long>("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%CALL evidently_schema.build_indexes()%' AND wait_event_type = 'Lock'") == 2,
            "both sessions wait for their table");
        await keeper.ExecuteAsync("COMMIT");
        await migrating;

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM evidently_schema.detached_indexes"), Is.Zero);
        Assert.That((await migrator.VerifyAsync()).Ok, Is.True);
    }

    [Test]
    public async Task Workers_that_die_are_harmless([Values] bool all)
    {
        await using var database = await HostDatabase.LegacyAsync(AllLanes);
        await using var migrator = database.Migrator();
        await migrator.MigrateAsync(Phase.Create);
        await using var hold = await HeldAsync(database);
        var migrating = migrator.MigrateAsync(Phase.Backfill);
        await Eventually.Holds(async () => await database.ScalarAsync<long>(Waiting) == 2, "both wait for legacy");

        await database.ExecuteAsync("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '-- Copies lanes%' ORDER BY pid LIMIT " + (all ? 2 : 1));
        await hold.DisposeAsync();
        await migrating;

        Assert.That((await migrator.VerifyAsync()).Ok, Is.True);
        Assert.That(await database.ScalarAsync<long>("SELECT done FROM evidently_schema.backfill_progress"), Is.EqualTo(AllLanes));
    }

    [Test]
    public async Task Cancelling_the_migration_ends_its_workers()
    {
        await using var database = await HostDatabase.LegacyAsync(AllLanes);
        await using var migrator = database.Migrator();
        await migrator.MigrateAsync(Phase.Create);
        using var cancellation = new CancellationTokenSource();
        await using var hold = await HeldAsync(database);
        var migrating = migrator.MigrateAsync(Phase.Backfill, cancellation.Token);
        await Eventually.Holds(async () => await database.ScalarAsync<long>(Waiting) == 2, "both wait for legacy");

        await cancellation.CancelAsync();

        await Assert.CatchAsync<OperationCanceledException>(() => migrating);
        await Eventually.Holds(async () => await database.ScalarAsync<long>(Copying) == 0, "no session copies any more");
        await hold.DisposeAsync();
        Assert.That(await migrator.MigrateAsync(Phase.Backfill), Does.Contain(206L));
    }

    [Test]
    public async Task A_worker_outlives_the_statement_timeout_of_its_role()
    {
        await using var database = await HostDatabase.LegacyAsync(AllLanes);
        await using var preparing = database.Migrator();
        await preparing.MigrateAsync(Phase.Create);
        await using var migrator = database.Migrator(options => options.ConnectionString = new NpgsqlConnectionStringBuilder(database.ConnectionString) { Options = "-c statement_timeout=4000" }.ConnectionString);
        await using var hold = await HeldAsync(database);

        var migrating = migrator.MigrateAsync(Phase.Backfill);
        await Eventually.Holds(async () => await database.ScalarAsync<long>(Waiting) == 2, "both wait for legacy");
        await Eventually.Holds(
            async () => await database.ScalarAsync<bool>("SELECT min(clock_timestamp() - query_start) > interval '5 seconds' FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"),
            "they wait for longer than the timeout");

        Assert.That(await database.ScalarAsync<long>(Waiting), Is.EqualTo(2));
        await hold.DisposeAsync();
        await migrating;
    }

    [TestCase(0)]
    [TestCase(5)]
    public void From_one_to_four(int workers)
    {
        var exception = Assert.Throws<Microsoft.Extensions.Options.OptionsValidationException>(
            () => SchemaMigrator.Create(new SchemaOptions { ConnectionString = "Host=h", BackfillWorkers = workers }))!;

        Assert.That(exception.Message, Does.Contain(nameof(SchemaOptions.BackfillWorkers)));
    }

    /// <summary>Holds every session that copies before its first INSERT, until the connection is disposed.</summary>
    private static async Task<NpgsqlConnection> HeldAsync(HostDatabase database)
    {
        await database.ExecuteAsync(
            """
            CREATE FUNCTION public.gate() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = 0 AS $$
            BEGIN
                PERFORM pg_catalog.pg_advisory_xact_lock_shared(42, 1);
                RETURN NULL;
            END $$;
            CREATE TRIGGER gate BEFORE INSERT ON public.metric_facts FOR EACH STATEMENT EXECUTE FUNCTION public.gate();
            """);
        var keeper = await database.OpenAsync();
        await using var hold = new NpgsqlCommand("SELECT pg_advisory_lock(42, 1)", keeper);
        await hold.ExecuteNonQueryAsync();
        return keeper;
    }
}
