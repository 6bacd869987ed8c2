using Evidently.Schema.Benchmarks.Backfill;
using Npgsql;

namespace Evidently.Schema.Benchmarks.Reads;

/// <summary>Calls in turn, so that whatever else the machine does meets every version.</summary>
internal sealed class ReadsTurns(NpgsqlDataSource source, string connectionString, IReadOnlyList<PageRange> ranges)
{
    private const int Nobody = 0;
    private const int Everybody = 100;
    private const int WarmUps = 2;

    /// <summary>Every call there will be, twice: then everything is in memory, planned and prepared. All versions must show the same.</summary>
    public async Task WarmUpAsync(CancellationToken ct)
    {
        foreach (var percent in (int[])[Nobody, Everybody])
        {
            await RouteAsync(percent, ct);
            foreach (var page in Pages.All.Append(Pages.PlanDashboard).Append(Pages.PlanDaily))
            {
                for (var call = 0; call < WarmUps * ranges.Count; call++)
                {
                    var range = ranges[call % ranges.Count];
                    Shown.RequireSame(page, $"at {percent} percent", (await page.TodayAsync(source, range, ct)).Shown, await page.CallAsync(source, range, ct));
                }
            }
        }
    }

    /// <summary>The plan's old dashboard read, and what replaces it, on the star.</summary>
    public async Task<PlanFigures> PlanAsync(int runs, CancellationToken ct)
    {
        var (old, dashboard, daily) = (new List<double>(), new List<double>(), new List<double>());
        await RouteAsync(Everybody, ct);
        for (var run = 0; run < runs; run++)
        {
            var range = ranges[run % ranges.Count];
            old.Add(await TimeAsync(() => Pages.PlanDashboard.TodayAsync(source, range, ct)));
            dashboard.Add(await TimeAsync(() => Pages.PlanDashboard.CallAsync(source, range, ct)));
            daily.Add(await TimeAsync(() => Pages.PlanDaily.CallAsync(source, range, ct)));
        }

        return new PlanFigures(new(old), new(dashboard), new(daily));
    }

    public async Task<IReadOnlyList<PageFigures>> PagesAsync(int runs, CancellationToken ct)
    {
        var figures = new List<PageFigures>();
        foreach (var page in Pages.All)
        {
            var (today, legacy, star) = (new List<double>(), new List<double>(), new List<double>());
            var rowsRead = (await page.TodayAsync(source, ranges[0], ct)).RowsRead;
            for (var run = 0; run < runs; run++)
            {
                var range = ranges[run % ranges.Count];
                await RouteAsync(Nobody, ct);
                today.Add(await TimeAsync(() => page.TodayAsync(source, range, ct)));
                legacy.Add(await TimeAsync(() => page.CallAsync(source, range, ct)));
                await RouteAsync(Everybody, ct);
                star.Add(await TimeAsync(() => page.CallAsync(source, range, ct)));
            }

            figures.Add(new PageFigures(page, rowsRead, new(today), new(legacy), new(star), await FirstAsync(page, ct)));
        }

        return figures;
    }

    private static async Task<double> TimeAsync(Func<Task> call)
    {
        var started = TimeProvider.System.GetTimestamp();
        await call();
        return TimeProvider.System.GetElapsedTime(started).TotalMilliseconds;
    }

    private async Task<First> FirstAsync(Page page, CancellationToken ct)
    {
        var star = await FirstCallAsync(fresh => page.CallAsync(fresh, ranges[0], ct), ct);
        await RouteAsync(Nobody, ct);
        return new First(
            await FirstCallAsync(fresh => page.TodayAsync(fresh, ranges[0], ct), ct), await FirstCallAsync(fresh => page.CallAsync(fresh, ranges[0], ct), ct), star);
    }

    private async Task<double> FirstCallAsync(Func<NpgsqlDataSource, Task> call, CancellationToken ct)
    {
        await using var fresh = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { CommandTimeout = 0 });
        await using (await fresh.OpenConnectionAsync(ct))
        {
            // Connected, and back in the pool.
        }

        return await TimeAsync(() => call(fresh));
    }

    private async Task RouteAsync(int percent, CancellationToken ct)
    {
        await using var command = source.CreateCommand(BenchmarkSql.Read("Route.sql"));
        command.Parameters.Add(new() { Value = percent });
        await command.ExecuteNonQueryAsync(ct);
    }
}
