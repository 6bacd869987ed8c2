using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.Pooler;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Proof;

/// <summary>What goes wrong beside a migration, one thing after the other, chosen by a seed.</summary>
internal sealed class Disturbances(PostgresServer server, StarDatabase database, ApplicationTraffic traffic, UnreliableProxy proxy, PgBouncer pooler, Fires fires, Action<string> log)
{
    private static readonly string[] DualWrites = ["off", "capture", "sync", "strict"];

    private static readonly string[] Services = ["dashboard", "visibility_charts", "topics", "keywords", "prompts", "source_attribution"];

    private readonly Transactions _transactions = new(database, log);

    /// <summary>Whether the server crashed since this was set to false: the application's connections break with it.</summary>
    public bool Crashed { get; set; }

    /// <summary>Whether writers have been asked to fail rather than to let the star be late.</summary>
    public bool WasStrict { get; set; }

    /// <summary>Whether the notes were locked, so that one could not be written: the writer commits all the same, and verification shows it.</summary>
    public bool NotesHeld { get; set; }

    /// <summary>Whether the list of the days was locked, so that one could not be listed: the daily view is late, and verification shows it.</summary>
    public bool DaysHeld { get; set; }

    /// <summary>What an application's own transactions met that they would not without us.</summary>
    public List<string> Problems => _transactions.Problems;

    public async Task RunAsync(Random random, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(20, 300)), TimeProvider.System, CancellationToken.None); // the random moment
            await NextAsync(random);
        }

        proxy.Swallows = false;
        proxy.Delay = TimeSpan.Zero;
    }

    private async Task NextAsync(Random random)
    {
        var (milliseconds, pick) = (random.Next(50, 900), random.Next());
        var fire = Fire.Terminate;
        try
        {
            var archived = await database.ScalarAsync<bool>("SELECT to_regclass('public.extracted_positions_archived') IS NOT NULL");
            fire = fires.Next(card => (archived || !Fires.NeedsArchive(card)) && (proxy.Connections > 0 || card is not (Fire.Swallow or Fire.Slow or Fire.Cut)));
            if (await LightAsync(fire, milliseconds, pick))
            {
                fires.Lit(fire);
            }
        }
        catch (Exception problem) when (problem is NpgsqlException or IOException or InvalidOperationException)
        {
            log($"  {fire} ended by {(problem as PostgresException)?.SqlState ?? problem.GetType().Name}"); // another disturbance, or it is too early for it
        }
    }

    /// <summary>False where there was nothing to burn.</summary>
    private Task<bool> LightAsync(Fire fire, int milliseconds, int pick)
    {
        NotesHeld |= fire is Fire.HoldOwn && Transactions.KeepsNotesOut(pick);
        DaysHeld |= fire is Fire.HoldOwn && Transactions.KeepsDaysOut(pick);
        return fire switch
        {
            Fire.Terminate => TerminateAsync(),
            Fire.Crash => CrashAsync(),
            Fire.HoldLegacy or Fire.HoldArchived or Fire.HoldParent or Fire.HoldStar or Fire.HoldOwn => _transactions.HoldAsync(fire, pick, milliseconds),
            Fire.HoldDailyView => _transactions.HoldDailyViewAsync(milliseconds, concurrently: pick % 2 == 0),
            Fire.LongLook => _transactions.LookLongAsync(milliseconds * 2),
            Fire.Deadlock => _transactions.BackwardsAsync(milliseconds),
            Fire.Job => _transactions.JobAsync(new Random(pick)),
            Fire.Swallow or Fire.Slow or Fire.Cut => CutAsync(fire, milliseconds),
            Fire.SwitchMode => SwitchModeAsync(DualWrites[pick % DualWrites.Length]),
            Fire.PauseBackfill => SetAsync("backfill_paused", "true", milliseconds, "false"),
            Fire.BatchSize => SetAsync("backfill_batch_size", $"{1 + (pick % 50)}", milliseconds, "1000"),
            Fire.SwitchRoute => RouteAsync(Services[pick % Services.Length], pick / 10 % 3 * 50),
            Fire.SwitchTarget => SetAsync("write_target", "star", milliseconds, "both"),
            _ => _transactions.MaintainAsync(fire, pick),
        };
    }

    private async Task<bool> TerminateAsync()
    {
        var ended = await Sql.ScalarAsync<long>(
            database.AdminConnectionString,
            "SELECT count(pg_terminate_backend(a.pid)) FROM (SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name IN ('Evidently.Schema', 'operator') ORDER BY random() LIMIT 1) AS a");
        log($"terminate {ended}");
        return ended > 0;
    }

    private async Task<bool> CrashAsync()
    {
        log("crash");
        Crashed = true;
        await server.StopAsync(immediate: true);
        await server.StartAgainAsync();
        traffic.ClearPools();
        NpgsqlConnection.ClearAllPools();
        await pooler.AnswersAgainAsync();
        return true;
    }

    private async Task<bool> CutAsync(Fire how, int milliseconds)
    {
        (proxy.Swallows, proxy.Delay) = (how is Fire.Swallow, how is Fire.Slow ? TimeSpan.FromMilliseconds(40) : TimeSpan.Zero);
        if (how is not Fire.Cut)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System); // swallowed, or slow
        }

        var cut = proxy.Cut();
        log($"{how} {cut}");
        (proxy.Swallows, proxy.Delay) = (false, TimeSpan.Zero);
        return cut > 0;
    }

    private async Task<bool> SwitchModeAsync(string mode)
    {
        log($"dual_write {mode}");
        WasStrict |= mode is "strict";
        return await database.ExecuteAsync($"UPDATE evidently_schema.settings SET value = '{mode}' WHERE name = 'dual_write'") > 0;
    }

    private async Task<bool> RouteAsync(string service, int percent)
    {
        log($"{service} {percent} %");
        return await database.ExecuteAsync($"UPDATE evidently_schema.read_routes SET star_percent = {percent}, reason = 'chaos' WHERE service = '{service}'") > 0;
    }

    private async Task<bool> SetAsync(string name, string value, int milliseconds, string after)
    {
        log($"{name} {value} {milliseconds} ms");
        var set = await database.ExecuteAsync($"UPDATE evidently_schema.settings SET value = '{value}' WHERE name = '{name}'") > 0;
        await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System); // set
        await database.ExecuteAsync($"UPDATE evidently_schema.settings SET value = '{after}' WHERE name = '{name}'");
        return set;
    }
}
