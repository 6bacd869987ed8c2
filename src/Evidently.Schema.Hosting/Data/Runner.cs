using System.Globalization;
using Evidently.Schema.Hosting.Diagnostics;
using FluentMigrator;
using FluentMigrator.Runner;
using FluentMigrator.Runner.Initialization;
using FluentMigrator.Runner.Processors;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Evidently.Schema.Hosting.Data;

/// <summary>Runs FluentMigrator in a container of its own, so that a host which uses FluentMigrator itself is not disturbed.</summary>
internal sealed class Runner(SchemaSessions sessions, TimeProvider time, ILogger logger)
{
    /// <summary>The SQLSTATE with which <c>evidently_schema.step</c> says that it waited for locks; the seconds are the detail.</summary>
    private const string LockWait = "EV100";

    private static readonly TimeSpan CancelInterval = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Runs <paramref name="work"/> on a thread of its own: FluentMigrator is synchronous and a backfill takes hours. On that thread
    /// <paramref name="onMigration"/> is told the version of each migration that begins.
    /// </summary>
    public async Task RunAsync(
        string doing, Phase phase, IReadOnlyCollection<string> tags, Action<IMigrationRunner> work, Action<long> onMigration, CancellationToken cancellationToken)
    {
        var connection = await sessions.OpenAsync(cancellationToken).ConfigureAwait(false);
        using var messages = new RunnerLogger(logger, onMigration);
        var stop = new RunnerStop(cancellationToken);
        void OnNotice(object sender, NpgsqlNoticeEventArgs arguments) => Tell(arguments.Notice, messages.Version);
        try
        {
            connection.Notice += OnNotice;
            var prepare = new NpgsqlCommand(Sql.RunnerSession, connection);
            await using (prepare.ConfigureAwait(false))
            {
                await prepare.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }

            var provider = Build(connection, stop, messages, tags);
            await using (provider.ConfigureAwait(false))
            {
                var running = Task.Factory.StartNew(() => Run(provider, work), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
                await CancelWhenAskedAsync(running, stop).ConfigureAwait(false);
                await running.ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (cancellationToken.IsCancellationRequested)
        {
            throw new OperationCanceledException(
                $"{doing} was cancelled at migration {messages.Version}; what it committed stays, and running again goes on.",
                SchemaErrors.From(exception, phase, doing),
                cancellationToken);
        }
        catch (Exception exception)
        {
            var at = messages.Version == 0 ? phase : MigrationCatalog.PhaseOf(messages.Version);
            var step = messages.Version == 0 ? doing : $"{doing}, migration {messages.Version}";
            if (SchemaErrors.From(exception, at, step) is { } schema)
            {
                throw schema;
            }

            throw;
        }
        finally
        {
            connection.Notice -= OnNotice;
            await sessions.CloseAsync(connection).ConfigureAwait(false);
        }
    }

    private static void Run(IServiceProvider provider, Action<IMigrationRunner> work)
    {
        using var scope = provider.CreateScope();
        work(scope.ServiceProvider.GetRequiredService<IMigrationRunner>());
    }

    private static ServiceProvider Build(NpgsqlConnection connection, RunnerStop stop, RunnerLogger messages, IReadOnlyCollection<string> tags)
    {
        var services = new ServiceCollection();
        services
            .AddFluentMigratorCore()
            .ConfigureRunner(builder => builder
                .AddPostgres15_0()
                .WithGlobalConnectionString("the connection is given to RunnerProcessor")
                .AddEvidentlySchema())
            .AddLogging(logging => logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(messages))
            .Configure<RunnerOptions>(options =>
            {
                options.Tags = [.. tags];
                options.IncludeUntaggedMigrations = true;
                options.IncludeUntaggedMaintenances = true;
            });
        services.RemoveAll<IMigrationProcessor>();
        services.AddScoped<IMigrationProcessor>(provider => ActivatorUtilities.CreateInstance<RunnerProcessor>(provider, connection, stop));
        return services.BuildServiceProvider();
    }

    private async Task CancelWhenAskedAsync(Task running, RunnerStop stop)
    {
        if (!stop.Token.CanBeCanceled)
        {
            return;
        }

        var asked = Task.Delay(Timeout.InfiniteTimeSpan, time, stop.Token);
        await Task.WhenAny(running, asked).ConfigureAwait(false);
        if (running.IsCompleted)
        {
            return;
        }

        Log.Cancelling(logger);
        while (!running.IsCompleted)
        {
            stop.Cancel();

            // None: this loop ends with the runner; again, because a request that meets no statement is lost.
            await Task.WhenAny(running, Task.Delay(CancelInterval, time, CancellationToken.None)).ConfigureAwait(false);
        }
    }

    private void Tell(PostgresNotice notice, long version)
    {
        if (notice.SqlState is LockWait && double.TryParse(notice.Detail, CultureInfo.InvariantCulture, out var seconds))
        {
            Telemetry.LockWaited(sessions.Database, MigrationCatalog.PhaseOf(version), seconds);
            Log.Notice(logger, notice.MessageText);
        }
        else if (string.Equals(notice.InvariantSeverity, "WARNING", StringComparison.Ordinal))
        {
            Log.Warning(logger, notice.MessageText);
        }
        else if (notice.SqlState is "00000" && logger.IsEnabled(LogLevel.Information))
        {
            // Notices of PostgreSQL itself ("already exists, skipping") have a state of their own and would be noise.
            Log.Notice(logger, notice.MessageText);
        }
    }
}
