using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Proof;

/// <summary>What goes wrong beside a migration, one thing after the other, chosen by a seed.</summary>
internal sealed class Disturbances(PostgresServer server, StarDatabase database, ApplicationTraffic traffic, UnreliableProxy proxy, Action<string> log)
{
    private static readonly string[] Tables =
    [
        "extracted_positions", "collector_results", "generated_queries", "brand_competitors", "brands", "customers", "metric_facts", "brand_metrics", "competitor_metrics",
        "brand_sentiment", "competitor_sentiment", "extracted_positions_archived", "mv_brand_daily_metrics",
    ];

    private static readonly string[] Modes = ["ACCESS SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE", "ACCESS EXCLUSIVE"];

    private static readonly string[] Isolations = ["READ COMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"];

    private static readonly string[] DualWrites = ["off", "capture", "sync", "strict"];

    /// <summary>One job at a time: two could deadlock with each other.</summary>
    private int _jobs;

    /// <summary>Whether the server crashed since this was set to false: the application's connections break with it.</summary>
    public bool Crashed { get; set; }

    /// <summary>Whether writers have been asked to fail rather than to let the star be late.</summary>
    public bool WasStrict { get; set; }

    /// <summary>What an application's own transactions met that they would not without us.</summary>
    public List<string> Problems { get; } = [];

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
        var (kind, milliseconds, pick) = (random.Next(100), random.Next(50, 900), random.Next());
        try
        {
            await (kind switch
            {
                < 18 => TerminateAsync(),
                < 21 => CrashAsync(),
                < 36 => HoldAsync(Tables[pick % Tables.Length], Modes[pick / 20 % Modes.Length], milliseconds),
                < 46 => LookLongAsync(milliseconds * 2),
                < 61 => JobsAsync(new Random(pick)),
                < 75 => CutAsync(milliseconds, pick % 3),
                < 88 => FlipAsync(DualWrites[pick % DualWrites.Length]),
                < 94 => SetAsync("backfill_paused", "true", milliseconds, "false"),
                _ => SetAsync("backfill_batch_size", $"{1 + (pick % 50)}", milliseconds, "1000"),
            });
        }
        catch (Exception problem) when (problem is NpgsqlException or IOException or InvalidOperationException)
        {
            log($"  ended by {(problem as PostgresException)?.SqlState ?? problem.GetType().Name}"); // another disturbance, or it is too early for it
        }
    }

    private async Task TerminateAsync()
    {
        var ended = await Sql.ScalarAsync<long>(
            database.AdminConnectionString,
            "SELECT count(pg_terminate_backend(a.pid)) FROM (SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'Evidently.Schema' ORDER BY random() LIMIT 1) AS a");
        log($"terminate {ended}");
    }

    private async Task CrashAsync()
    {
        log("crash");
        Crashed = true;
        await server.StopAsync(immediate: true);
        await server.StartAgainAsync();
        traffic.ClearPools();
        NpgsqlConnection.ClearAllPools();
    }

    /// <summary>Locks a table by hand: everybody may have to wait for that, but not longer.</summary>
    private async Task HoldAsync(string table, string mode, int milliseconds)
    {
        log($"hold {table} {mode} {milliseconds} ms");
        await using var session = await database.OpenAsync("SET application_name = 'holder'; SET lock_timeout = '500ms'; BEGIN");
        await session.ExecuteAsync($"LOCK TABLE public.{table} IN {mode} MODE");
        await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System); // held
        await session.ExecuteAsync("COMMIT");
    }

    private async Task LookLongAsync(int milliseconds)
    {
        log($"long look {milliseconds} ms");
        await using var session = await database.OpenAsync("SET application_name = 'looker'; BEGIN ISOLATION LEVEL REPEATABLE READ");
        var before = await session.ScalarAsync<long>("SELECT count(*) FROM extracted_positions");
        await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System); // open
        var after = await session.ScalarAsync<long>("SELECT count(*) FROM extracted_positions");
        if (before != after)
        {
            Problems.Add($"a REPEATABLE READ transaction saw {before} rows of legacy, then {after}");
        }

        await session.ExecuteAsync("UPDATE extracted_positions SET total_word_count = total_word_count + 1 WHERE collector_result_id = 7");
        await session.ExecuteAsync("COMMIT");
    }

    private async Task JobsAsync(Random random)
    {
        if (Interlocked.Exchange(ref _jobs, 1) == 0)
        {
            try
            {
                await JobAsync(random);
            }
            finally
            {
                Interlocked.Exchange(ref _jobs, 0);
            }
        }
    }

    /// <summary>A job of the application's, of many statements in one transaction, on brands that nobody else works on: what deadlocks with it is ours.</summary>
    private async Task JobAsync(Random random)
    {
        var isolation = Isolations[random.Next(Isolations.Length)];
        log($"job {isolation}");
        await using var session = await database.OpenAsync($"SET application_name = 'job'; BEGIN ISOLATION LEVEL {isolation}");
        for (var statement = 0; statement < 8; statement++)
        {
            var (result, other) = (8 + random.Next(300), 8 + random.Next(300));
            try
            {
                await session.ExecuteAsync(random.Next(7) switch
                {
                    0 => $"SELECT FROM brand_competitors WHERE brand_id = (SELECT brand_id FROM collector_results WHERE id = {result}) ORDER BY {(random.Next(2) == 0 ? "id" : "id DESC")} FOR UPDATE",
                    1 => $"SELECT FROM generated_queries WHERE id = (SELECT query_id FROM collector_results WHERE id = {result}) FOR UPDATE",
                    2 => $"UPDATE extracted_positions SET sentiment_score = {random.Next(1, 100)} WHERE collector_result_id = {result} AND competitor_name IS NULL",
                    3 => $"UPDATE extracted_positions SET share_of_answers_competitor = {random.Next(1, 100)} WHERE collector_result_id IN ({result}, {other})",
                    4 => $"UPDATE extracted_positions SET total_word_count = {random.Next(1, 100)} WHERE collector_result_id BETWEEN {result} AND {result + 90}", // many results: noted
                    5 => $"UPDATE extracted_positions SET collector_result_id = {other} WHERE collector_result_id = {result} AND competitor_name = 'Competitor 1'",
                    _ => $"UPDATE generated_queries SET topic = 'job {random.Next(9)}' WHERE id = (SELECT query_id FROM collector_results WHERE id = {result})",
                });
            }
            catch (PostgresException problem) when (problem.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.SerializationFailure)
            {
                Problems.Add($"a transaction of the application's met {problem.SqlState} {problem.MessageText} {problem.Where}");
                return;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(random.Next(60)), TimeProvider.System); // it thinks
        }

        await session.ExecuteAsync("COMMIT");
    }

    private async Task CutAsync(int milliseconds, int how)
    {
        (proxy.Swallows, proxy.Delay) = (how == 0, how == 1 ? TimeSpan.FromMilliseconds(40) : TimeSpan.Zero);
        if (how < 2)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System); // swallowed, or slow
        }

        log($"cut {proxy.Cut()} {(how == 0 ? "after swallowing" : how == 1 ? "after delaying" : "at once")}");
        (proxy.Swallows, proxy.Delay) = (false, TimeSpan.Zero);
    }

    private async Task FlipAsync(string mode)
    {
        log($"dual_write {mode}");
        WasStrict |= mode is "strict";
        await database.ExecuteAsync($"UPDATE evidently_schema.settings SET value = '{mode}' WHERE name = 'dual_write'");
    }

    private async Task SetAsync(string name, string value, int milliseconds, string after)
    {
        log($"{name} {value} {milliseconds} ms");
        await database.ExecuteAsync($"UPDATE evidently_schema.settings SET value = '{value}' WHERE name = '{name}'");
        await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System); // set
        await database.ExecuteAsync($"UPDATE evidently_schema.settings SET value = '{after}' WHERE name = '{name}'");
    }
}
