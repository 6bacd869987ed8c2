using FluentMigrator.Runner;
using FluentMigrator.Runner.Initialization;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>Runs the migrations step by step with FluentMigrator's own runner, in this process.</summary>
internal static class Steps
{
    /// <summary>All of phase 1.</summary>
    public const long Created = 108;

    /// <summary>Capture is on, the star's foreign keys are detached, nothing is copied.</summary>
    public const long BeforeCopy = 205;

    /// <summary>History is copied, foreign keys are still detached.</summary>
    public const long Copied = 206;

    /// <summary>Foreign keys are attached again, the end of the backfill is still to come.</summary>
    public const long Attached = 207;

    /// <summary>All of phase 2.</summary>
    public const long Finished = 208;

    /// <summary>All of phase 3: the star follows in the writer's transaction.</summary>
    public const long Synced = 303;

    /// <summary>All of phase 4: reads are routed, all to legacy.</summary>
    public const long Routed = 404;

    public static Task UpAsync(string connectionString, long version) => RunAsync(connectionString, runner => runner.MigrateUp(version));

    public static Task DownAsync(string connectionString, long version, params string[] tags) => RunAsync(connectionString, runner => runner.MigrateDown(version), tags);

    /// <summary>Up to the version, with those migrations of phase 5 that have one of the tags.</summary>
    public static Task TaggedUpAsync(string connectionString, long version, params string[] tags) => RunAsync(connectionString, runner => runner.MigrateUp(version), tags);

    /// <summary>The error the database raised, whatever it is wrapped in.</summary>
    public static PostgresException? Refusal(Exception? exception) =>
        exception is null or PostgresException ? exception as PostgresException : Refusal(exception.InnerException);

    /// <summary>The text of a migration's file.</summary>
    public static string Sql(string file)
    {
        using var reader = new StreamReader(typeof(PhaseMigration).Assembly.GetManifestResourceStream(file)!);
        return reader.ReadToEnd();
    }

    private static Task RunAsync(string connectionString, Action<IMigrationRunner> run, params string[] tags) => Task.Run(async () =>
    {
        var unpooled = new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, CommandTimeout = 0 };
        await using var provider = new ServiceCollection()
            .AddFluentMigratorCore()
            .ConfigureRunner(builder => builder
                .AddPostgres()
                .WithGlobalConnectionString(unpooled.ConnectionString)
                .WithGlobalCommandTimeout(TimeSpan.Zero)
                .ScanIn(typeof(PhaseMigration).Assembly).For.All())
            .Configure<RunnerOptions>(options => options.Tags = tags)
            .BuildServiceProvider();
        await using var scope = provider.CreateAsyncScope();
        run(scope.ServiceProvider.GetRequiredService<IMigrationRunner>());
    });
}
