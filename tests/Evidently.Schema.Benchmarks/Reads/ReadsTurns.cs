using Evidently.Schema.Benchmarks.Backfill;
using Npgsql;

namespace Evidently.Schema.Benchmarks.Reads;

/// <summary>Calls in turn, so that whatever else the machine does meets every version and every way to the database.</summary>
internal sealed class ReadsTurns(NpgsqlDataSource source, string connectionString, IReadOnlyList<Client> clients, IReadOnlyList<PageRange> ranges)
{
    private const int Nobody = 0;
    private const int Everybody = 100;
    private const int WarmUps = 2;

    /// <summary>How often a page is read at least that takes seconds: hundreds of megabytes of JSON.</summary>
    private const int SlowRuns = 3;

    /// <summary>Milliseconds.</summary>
    private const double Patience = 20_000;

    /// <summary>Every call there will be, twice: then everything is in memory, planned and prepared. All versions must show the same.</summary>
    public async Task WarmUpAsync(CancellationToken ct)
    {
        var expected = new Dictionary<(Page Page, PageRange Range), List<object?[]>>();
        var calls = Enumerable.Repeat(Pages.All.Append(Pages.PlanDashboard).Append(Pages.PlanDaily).SelectMany(_ => ranges, (page, range) => (page, range)), WarmUps).SelectMany(all => all).ToList();
        foreach (var (page, range) in calls)
        {
            foreach (var client in clients)
            {
                var shown = (await client.TodayAsync(page, range, ct)).Shown;
                expected.TryAdd((page, range), shown);
                Shown.RequireSame(page, $"today over {client.Name}", expected[(page, range)], shown);
            }
        }

        foreach (var percent in (int[])[Nobody, Everybody])
        {
            await RouteAsync(percent, ct);
            foreach (var (page, range) in calls)
            {
                foreach (var client in clients)
                {
                    Shown.RequireSame(page, $"at {percent} percent over {client.Name}", expected[(page, range)], await client.CallAsync(page, range, ct));
                }
            }
        }
    }

    /// <summary>The plan's old dashboard read, and what replaces it, on the star; for each client.</summary>
    public async Task<IReadOnlyList<PlanFigures>> PlanAsync(int runs, CancellationToken ct)
    {
        var timed = clients.Select(client => (Client: client, Old: new List<double>(), Dashboard: new List<double>(), Daily: new List<double>())).ToList();
        await RouteAsync(Everybody, ct);
        for (var run = 0; run < runs; run++)
        {
            var range = ranges[run % ranges.Count];
            foreach (var (client, old, dashboard, daily) in timed)
            {
                old.Add(await TimeAsync(() => client.TodayAsync(Pages.PlanDashboard, range, ct)));
                dashboard.Add(await TimeAsync(() => client.CallAsync(Pages.PlanDashboard, range, ct)));
                daily.Add(await TimeAsync(() => client.CallAsync(Pages.PlanDaily, range, ct)));
            }
        }

        return [.. timed.Select(figures => new PlanFigures(figures.Client.Name, new(figures.Old), new(figures.Dashboard), new(figures.Daily)))];
    }

    /// <summary>Every page; for each client.</summary>
    public async Task<IReadOnlyList<PageFigures>> PagesAsync(int runs, CancellationToken ct)
    {
        var figures = new List<PageFigures>();
        foreach (var page in Pages.All)
        {
            var timed = clients.Select(client => (Client: client, Today: new List<double>(), Legacy: new List<double>(), Star: new List<double>())).ToList();
            var rowsRead = (await clients[0].TodayAsync(page, ranges[0], ct)).RowsRead;
            for (var run = 0; run < runs; run++)
            {
                var range = ranges[run % ranges.Count];
                await RouteAsync(Nobody, ct);
                foreach (var (client, today, legacy, _) in timed)
                {
                    if (today.Count < SlowRuns || today.Sum() < Patience)
                    {
                        today.Add(await TimeAsync(() => client.TodayAsync(page, range, ct)));
                    }

                    legacy.Add(await TimeAsync(() => client.CallAsync(page, range, ct)));
                }

                await RouteAsync(Everybody, ct);
                foreach (var (client, _, _, star) in timed)
                {
                    star.Add(await TimeAsync(() => client.CallAsync(page, range, ct)));
                }
            }

            figures.AddRange(timed.Select(times => new PageFigures(times.Client.Name, page, rowsRead, new(times.Today), new(times.Legacy), new(times.Star))));
        }

        return figures;
    }

    /// <summary>Each page's first call of a session, over Npgsql: it plans everything.</summary>
    public async Task<IReadOnlyList<First>> FirstAsync(CancellationToken ct)
    {
        var firsts = new List<First>();
        foreach (var page in Pages.All)
        {
            await RouteAsync(Everybody, ct);
            var star = await FirstCallAsync(fresh => fresh.CallAsync(page, ranges[0], ct), ct);
            await RouteAsync(Nobody, ct);
            firsts.Add(new First(
                page, await FirstCallAsync(fresh => fresh.TodayAsync(page, ranges[0], ct), ct), await FirstCallAsync(fresh => fresh.CallAsync(page, ranges[0], ct), ct), star));
        }

        return firsts;
    }

    private static async Task<double> TimeAsync(Func<Task> call)
    {
        var started = TimeProvider.System.GetTimestamp();
        await call();
        return TimeProvider.System.GetElapsedTime(started).TotalMilliseconds;
    }

    private async Task<double> FirstCallAsync(Func<Client, Task> call, CancellationToken ct)
    {
        await using var fresh = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString) { CommandTimeout = 0 });
        await using (await fresh.OpenConnectionAsync(ct))
        {
            // Connected, and back in the pool.
        }

        return await TimeAsync(() => call(new NpgsqlClient(fresh)));
    }

    private async Task RouteAsync(int percent, CancellationToken ct)
    {
        await using var command = source.CreateCommand(BenchmarkSql.Read("Route.sql"));
        command.Parameters.Add(new() { Value = percent });
        await command.ExecuteNonQueryAsync(ct);
    }
}
