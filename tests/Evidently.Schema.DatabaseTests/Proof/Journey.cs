using Evidently.Schema.Hosting;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Proof;

/// <summary>
/// The way of an operator through all phases and back, under traffic that names its stages after it. Shared with the benchmark, which prints what
/// it took; so it asserts nothing.
/// </summary>
internal sealed class Journey(string connectionString, ApplicationTraffic traffic, TimeSpan stay, Func<string, Task> quiet)
{
    /// <summary>An archive is refused while something new stands in its way; its operator acknowledges and runs it again.</summary>
    private const int ArchiveTries = 20;

    private static readonly string[] Services = ["dashboard", "visibility_charts", "topics", "keywords", "prompts", "source_attribution"];

    /// <summary>From before phase 1 to phase 4 with all reads on the star.</summary>
    public async Task UpAsync()
    {
        await StageAsync("before", () => Task.CompletedTask);
        await StageAsync("create", () => MigrateAsync(Phase.Create));
        await StageAsync("backfill", () => MigrateAsync(Phase.Backfill));
        await StageAsync("dual-write", () => MigrateAsync(Phase.DualWrite));
        traffic.FunctionShare = 0.3;
        await StageAsync("capture and sync again", async () =>
        {
            await SetAsync("dual_write", "capture");
            await Task.Delay(stay / 2, TimeProvider.System); // traffic goes on
            await SetAsync("dual_write", "sync");
        });
        await StageAsync("reads", () => MigrateAsync(Phase.Reads));
        traffic.PageShare = 0.5;
        foreach (var percent in new[] { 10, 50, 100 })
        {
            await StageAsync($"star {percent} %", () => RouteAsync(percent));
        }
    }

    /// <summary>Legacy becomes a view; then the star alone is written, by those who call <c>save_positions</c>.</summary>
    public async Task ArchiveAsync()
    {
        await StageAsync("archive", async () =>
        {
            for (var attempt = 1; ; attempt++)
            {
                await ExecuteAsync("UPDATE evidently_schema.rejected_rows SET acknowledged = true WHERE NOT acknowledged");
                try
                {
                    await MigrateAsync(Phase.Retire);
                    return;
                }
                catch (SchemaException refused) when (refused.Error is SchemaError.OpenPoints && attempt < ArchiveTries)
                {
                    // The hands at work have made something new: it is acknowledged, and the next run finds it.
                }
            }
        });
        await StageAsync("star alone", () => SetAsync("write_target", "star"));
    }

    /// <summary>All the way back to nothing. Who calls functions of ours goes back to statements first.</summary>
    public async Task DownAsync()
    {
        await StageAsync("archive down", () => RollbackAsync(Phase.Reads));
        await StageAsync("star 0 %", () => RouteAsync(0));
        await QuietlyAsync(() => (traffic.PageShare, traffic.FunctionShare) = (0, 0));
        await StageAsync("reads down", () => RollbackAsync(Phase.DualWrite));
        await StageAsync("dual-write down", () => RollbackAsync(Phase.Backfill));
        await StageAsync("backfill down", () => RollbackAsync(Phase.Create));
        await StageAsync("create down", () => RollbackAsync(Phase.None));
    }

    private async Task StageAsync(string stage, Func<Task> change)
    {
        traffic.Stage = stage;
        await Task.Run(change);
        await Task.Delay(stay, TimeProvider.System); // traffic goes on
        await traffic.PauseAsync();
        await quiet(stage);
        traffic.Resume();
    }

    /// <summary>Those at work end first, as in a deployment.</summary>
    private async Task QuietlyAsync(Action change)
    {
        await traffic.PauseAsync();
        change();
        traffic.Resume();
    }

    private async Task MigrateAsync(Phase to)
    {
        await using var migrator = SchemaMigrator.Create(new SchemaOptions { ConnectionString = connectionString });
        await migrator.MigrateAsync(to);
    }

    private async Task RollbackAsync(Phase to)
    {
        await using var migrator = SchemaMigrator.Create(new SchemaOptions { ConnectionString = connectionString });
        await migrator.RollbackAsync(to);
    }

    private async Task RouteAsync(int percent)
    {
        if (percent > 0)
        {
            await ExecuteAsync("SELECT evidently_schema.verify()");
        }

        foreach (var service in Services)
        {
            await ExecuteAsync($"UPDATE evidently_schema.read_routes SET star_percent = {percent}, reason = 'proof' WHERE service = '{service}'");
        }
    }

    private Task SetAsync(string name, string value) => ExecuteAsync($"UPDATE evidently_schema.settings SET value = '{value}' WHERE name = '{name}'");

    private async Task ExecuteAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false });
        await using var command = source.CreateCommand(sql);
        await command.ExecuteNonQueryAsync();
    }
}
