using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.Proof;

/// <summary>
/// All phases up and back, under traffic that names its stages after them. Shared with the benchmark, which prints what it took: it asserts nothing.
/// </summary>
internal sealed class Journey(Operator @operator, ApplicationTraffic traffic, TimeSpan stay, Func<string, Task> quiet)
{
    /// <summary>From before phase 1 to phase 4 with all reads on the star.</summary>
    public async Task UpAsync()
    {
        await StageAsync("before", () => Task.CompletedTask);
        await StageAsync("create", () => @operator.MigrateAsync(Phase.Create));
        await StageAsync("backfill", () => @operator.MigrateAsync(Phase.Backfill));
        await StageAsync("dual-write", () => @operator.MigrateAsync(Phase.DualWrite));
        traffic.FunctionShare = 0.3;
        await StageAsync("capture, sync again", async () =>
        {
            await @operator.SetAsync("dual_write", "capture");
            await Task.Delay(stay / 2, TimeProvider.System); // traffic goes on
            await @operator.SetAsync("dual_write", "sync");
        });
        await StageAsync("reads", () => @operator.MigrateAsync(Phase.Reads));
        traffic.PageShare = 0.5;
        foreach (var percent in new[] { 10, 50, 100 })
        {
            await StageAsync($"star {percent} %", () => @operator.RouteAsync(percent));
        }
    }

    /// <summary>Legacy becomes a view; then the star alone is written, by those who call <c>save_positions</c>.</summary>
    public async Task ArchiveAsync()
    {
        await StageAsync("archive", () => @operator.MigrateAsync(Phase.Retire));
        await StageAsync("star alone", () => @operator.SetAsync("write_target", "star"));
    }

    /// <summary>All the way back to nothing. Who calls functions of ours goes back to statements first.</summary>
    public async Task DownAsync()
    {
        await StageAsync("archive down", () => @operator.RollbackAsync(Phase.Reads));
        await StageAsync("star 0 %", () => @operator.RouteAsync(0));
        await traffic.PauseAsync();
        (traffic.PageShare, traffic.FunctionShare) = (0, 0);
        traffic.Resume();
        await StageAsync("reads down", () => @operator.RollbackAsync(Phase.DualWrite));
        await StageAsync("dual-write down", () => @operator.RollbackAsync(Phase.Backfill));
        await StageAsync("backfill down", () => @operator.RollbackAsync(Phase.Create));
        await StageAsync("create down", () => @operator.RollbackAsync(Phase.None));
    }

    private async Task StageAsync(string stage, Func<Task> change)
    {
        traffic.Stage = stage;
        await change();
        await Task.Delay(stay, TimeProvider.System); // traffic goes on
        await traffic.PauseAsync();
        await quiet(stage);
        traffic.Resume();
    }
}
