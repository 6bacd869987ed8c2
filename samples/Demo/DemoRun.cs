using Evidently.Schema;
using Evidently.Schema.Hosting;
using Evidently.Schema.Testing;
using Npgsql;
using Spectre.Console;

namespace Demo;

/// <summary>The demo from a server to the report. Whatever happens, nothing is left behind, unless it succeeds and is asked to.</summary>
internal sealed class DemoRun(DemoOptions options)
{
    private readonly DemoDisplay _display = new();
    private readonly List<(string Step, TimeSpan Took)> _steps = [];

    public async Task RunAsync(CancellationToken ct)
    {
        var server = await StepAsync(
            "find or start PostgreSQL",
            () => PostgresServer.StartAsync(new PostgresServerOptions { ConnectionString = options.Connection, Keepable = options.Keep }, ct));
        await using (server)
        {
            AnsiConsole.MarkupLineInterpolated($"PostgreSQL {server.Version}, {Describe(server.Source)}.");
            DiskSpace.Require(server, options);
            var database = await LegacyDatabase.CreateAsync(server, ct: ct);
            var kept = false;
            try
            {
                AnsiConsole.MarkupLineInterpolated($"Database {new NpgsqlConnectionStringBuilder(database.ConnectionString).Database}, owned by {LegacyDatabase.OwnerRole}, who is no superuser.");
                await MigrateAsync(database, ct);
                if (options.Keep)
                {
                    await KeepAsync(server, database, ct);
                    kept = true;
                }
            }
            finally
            {
                if (!kept)
                {
                    await database.DisposeAsync();
                }
            }
        }
    }

    private static string Describe(PostgresServerSource source) => source switch
    {
        PostgresServerSource.Environment => "which runs already",
        PostgresServerSource.Installed => "started from installed binaries",
        PostgresServerSource.Docker => "started in Docker",
        _ => "started from downloaded binaries",
    };

    private static async Task KeepAsync(PostgresServer server, LegacyDatabase database, CancellationToken ct)
    {
        var stop = await server.KeepAsync(ct) ?? $"DROP DATABASE {new NpgsqlConnectionStringBuilder(database.ConnectionString).Database} WITH (FORCE);";

        // Not through Spectre.Console: these two are for copying and must not be wrapped.
        Console.WriteLine($"Kept.    {database.ConnectionString}");
        Console.WriteLine($"Remove:  {stop}");
    }

    private async Task MigrateAsync(LegacyDatabase database, CancellationToken ct)
    {
        var fill = new LegacyFill { Results = options.Results, AnswerLength = options.AnswerLength, Dirt = LegacyDirt.Some };
        await StepAsync("build the legacy database", () => _display.BuildAsync(database, fill, ct));

        await using var migrator = SchemaMigrator.Create(new SchemaOptions { ConnectionString = database.ConnectionString });
        var traffic = new Traffic(database.ConnectionString, options.Results);
        traffic.Start();
        DemoReport report;
        await using (traffic)
        {
            await StepAsync("phase 1, Create", () => migrator.MigrateAsync(Phase.Create, ct));
            await StepAsync("phase 2, Backfill", () => _display.BackfillAsync(progress => migrator.MigrateAsync(Phase.Backfill, progress, ct)));
            await StepAsync("phase 3, DualWrite", () => migrator.MigrateAsync(Phase.DualWrite, ct));
            await StepAsync("phase 4, Reads", () => migrator.MigrateAsync(Phase.Reads, ct));
            await StepAsync("every page from the star", () => RunAsync(database, "AllToStar.sql", ct));
            report = await DemoReport.ReadAsync(database.ConnectionString, migrator, ct);
            await StepAsync("phase 5, Retire: acknowledge, archive", async () =>
            {
                await RunAsync(database, "Acknowledge.sql", ct);
                await migrator.MigrateAsync(Phase.Retire, ct);
            });
            await traffic.GoOnAsync();
        }

        Console.WriteLine($"Meanwhile an application wrote {traffic.Writes:N0} times, the longest in {traffic.LongestWrite.TotalMilliseconds:N0} ms, and read {traffic.Reads:N0} times, the longest in {traffic.LongestRead.TotalMilliseconds:N0} ms; none failed.");
        Console.WriteLine("extracted_positions is a view now, over extracted_positions_archived; the application has not noticed.");
        Console.WriteLine($"Dropping the old table is refused, as it should be. {await RefusalAsync(migrator, ct)}");
        var verification = await StepAsync("verify once more", () => migrator.VerifyAsync(ct));

        report.Print(_steps, verification);
        if (!verification.Ok)
        {
            throw new InvalidOperationException("The star is not what legacy projects to: see the verification above.");
        }
    }

    /// <summary>An archive so young is not dropped: the first month is for finding out who still uses it.</summary>
    private static async Task<string> RefusalAsync(SchemaMigrator migrator, CancellationToken ct)
    {
        try
        {
            await migrator.DropLegacyAsync(ct);
            throw new InvalidOperationException("An archive of this minute was dropped.");
        }
        catch (SchemaException refusal) when (refusal.Error == SchemaError.OpenPoints)
        {
            return refusal.Message;
        }
    }

    private static async Task RunAsync(LegacyDatabase database, string file, CancellationToken ct)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false });
        await using var command = source.CreateCommand(DemoReport.Sql(file));
        await command.ExecuteNonQueryAsync(ct);
    }

    private async Task<T> StepAsync<T>(string name, Func<Task<T>> step)
    {
        _display.Begin(name);
        var started = TimeProvider.System.GetTimestamp();
        var answer = await step();
        _steps.Add((name, TimeProvider.System.GetElapsedTime(started)));
        return answer;
    }

    private Task<bool> StepAsync(string name, Func<Task> step) =>
        StepAsync(name, async () =>
        {
            await step();
            return true;
        });
}
