using Evidently.Schema.Hosting;
using FluentMigrator.Runner;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Hosting;

[TestFixture]
[Parallelizable(ParallelScope.All)]
public sealed class RegistrationTests
{
    [Test]
    public async Task A_registered_migrator_migrates()
    {
        await using var database = await HostDatabase.LegacyAsync();
        await using var provider = new ServiceCollection()
            .AddEvidentlySchema(options => options.ConnectionString = database.ConnectionString)
            .BuildServiceProvider(validateScopes: true);

        var migrator = provider.GetRequiredService<SchemaMigrator>();

        Assert.That(await migrator.MigrateAsync(Phase.Create), Does.Contain(101L));
        Assert.That(provider.GetRequiredService<SchemaMigrator>(), Is.SameAs(migrator));
    }

    [Test]
    public async Task Without_a_connection_string_the_hosts_data_source_is_used_and_keeps_no_lock_of_ours()
    {
        await using var database = await HostDatabase.LegacyAsync();
        var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var provider = new ServiceCollection()
            .AddSingleton(source)
            .AddEvidentlySchema(_ => { })
            .BuildServiceProvider();

        await provider.GetRequiredService<SchemaMigrator>().MigrateAsync(Phase.Create);

        Assert.That(await database.ScalarAsync<long>("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"), Is.Zero);
        await using var usable = await source.OpenConnectionAsync();
        Assert.That(usable.State, Is.EqualTo(System.Data.ConnectionState.Open));
    }

    [Test]
    public void Wrong_options_are_refused_with_all_errors_at_once()
    {
        using var provider = new ServiceCollection()
            .AddEvidentlySchema(options =>
            {
                (options.LockTimeout, options.ProgressInterval) = (TimeSpan.FromDays(8), TimeSpan.Zero);
                (options.Draining.Interval, options.Draining.MaxInterval, options.Draining.BatchSize) = (TimeSpan.FromHours(2), TimeSpan.FromHours(1), 0);
            })
            .BuildServiceProvider();

        // What a host calls when it starts.
        var exception = Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate())!;

        Assert.That(exception.Failures.Count(), Is.EqualTo(6));
        Assert.That(exception.Message, Does.Contain("ConnectionString").And.Contain("LockTimeout").And.Contain("ProgressInterval").And.Contain("BatchSize").And.Contain("MaxInterval is shorter than Interval"));
    }

    [Test]
    public async Task Registered_twice_it_runs_each_service_once()
    {
        await using var provider = new ServiceCollection().AddEvidentlySchema(options => options.ConnectionString = "Host=nowhere.invalid").AddEvidentlySchema(_ => { }).BuildServiceProvider();

        Assert.That(provider.GetServices<IHostedService>().Select(service => service.GetType()), Is.Unique.And.Exactly(3).Items);
    }

    [Test]
    public void A_connection_string_that_cannot_be_read_is_refused_without_repeating_it()
    {
        var exception = Assert.Throws<OptionsValidationException>(() => SchemaMigrator.Create(new SchemaOptions { ConnectionString = "Host=h;Pasword=s3cret-value" }))!;

        Assert.That(exception.Message, Does.Contain("ConnectionString").And.Not.Contain("s3cret-value"));
    }

    [Test]
    public async Task A_host_that_uses_FluentMigrator_itself_is_not_disturbed()
    {
        await using var database = await HostDatabase.LegacyAsync();
        await using var provider = new ServiceCollection()
            .AddFluentMigratorCore()
            .ConfigureRunner(builder => builder.AddPostgres().WithGlobalConnectionString(database.ConnectionString).ScanIn(typeof(HostMigration).Assembly).For.Migrations())
            .AddEvidentlySchema(options => options.ConnectionString = database.ConnectionString)
            .BuildServiceProvider();

        await provider.GetRequiredService<SchemaMigrator>().MigrateAsync(Phase.Create);
        using (var scope = provider.CreateScope())
        {
            var runner = scope.ServiceProvider.GetRequiredService<IMigrationRunner>();
            Assert.That(runner.MigrationLoader.LoadMigrations().Keys, Is.EqualTo([7L]));
            runner.MigrateUp();
        }

        Assert.That(await database.ScalarAsync<long>("""SELECT "Version" FROM public."VersionInfo" """), Is.EqualTo(7));
        Assert.That(await database.ScalarAsync<bool>("SELECT EXISTS (SELECT FROM public.host_table)"), Is.False);
        Assert.That((await provider.GetRequiredService<SchemaMigrator>().GetStatusAsync()).Applied, Is.All.InRange(101, 599));
    }

    [Test]
    public async Task A_runner_of_the_hosts_own_can_take_the_migrations_in()
    {
        await using var database = await HostDatabase.LegacyAsync();
        await using var provider = new ServiceCollection()
            .AddFluentMigratorCore()
            .ConfigureRunner(builder => builder.AddPostgres().WithGlobalConnectionString(database.ConnectionString).AddEvidentlySchema())
            .BuildServiceProvider();
        using (var scope = provider.CreateScope())
        {
            scope.ServiceProvider.GetRequiredService<IMigrationRunner>().MigrateUp(199);
        }

        await using var migrator = database.Migrator();
        Assert.That((await migrator.GetStatusAsync()).Phase, Is.EqualTo(Phase.Create));
    }
}

/// <summary>The host's own migration, in its own version table.</summary>
[FluentMigrator.Migration(7, "A table of the host")]
public sealed class HostMigration : FluentMigrator.Migration
{
    public override void Up() => Create.Table("host_table").WithColumn("id").AsInt32();

    public override void Down() => Delete.Table("host_table");
}
