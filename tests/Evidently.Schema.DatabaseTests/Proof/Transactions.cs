using Evidently.Schema.DatabaseTests.Backfill;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Proof;

/// <summary>What others do on the database beside a migration: locks held, snapshots kept, jobs, a table rewritten.</summary>
internal sealed class Transactions(StarDatabase database, Action<string> log)
{
    private static readonly string[] Parents = ["collector_results", "generated_queries", "brand_competitors", "brands", "customers"];

    private static readonly string[] Star = ["metric_facts", "brand_metrics", "competitor_metrics", "brand_sentiment", "competitor_sentiment"];

    private static readonly string[] Own =
    [
        "change_notes", "change_notes", "change_notes", "settings", "rejected_rows", "events", "backfill_lanes", "backfill_runs", "detached_indexes", "verifications", "touched_days", "read_routes", "star_only_results", "version_info",
    ];

    private static readonly string[] Modes = ["ACCESS SHARE", "ROW EXCLUSIVE", "SHARE UPDATE EXCLUSIVE", "SHARE", "SHARE ROW EXCLUSIVE", "ACCESS EXCLUSIVE"];

    private static readonly string[] Isolations = ["READ COMMITTED", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE"];

    /// <summary>One job at a time: two could deadlock with each other.</summary>
    private int _jobs;

    public List<string> Problems { get; } = [];

    /// <summary>Whether the pick locks the notes against those who write one.</summary>
    public static bool KeepsNotesOut(int pick) => KeepsOut("change_notes", pick);

    /// <summary>Whether the pick locks the list of the days that are touched.</summary>
    public static bool KeepsDaysOut(int pick) => KeepsOut("touched_days", pick);

    /// <summary>Locks a table by hand: everybody may have to wait for that, but not longer.</summary>
    public async Task<bool> HoldAsync(Fire fire, int pick, int milliseconds)
    {
        var table = fire switch
        {
            Fire.HoldLegacy => "public.extracted_positions",
            Fire.HoldArchived => "public.extracted_positions_archived",
            Fire.HoldParent => $"public.{Pick(Parents, pick)}",
            Fire.HoldStar => $"public.{Pick(Star, pick)}",
            _ => $"evidently_schema.{Pick(Own, pick)}",
        };
        log($"hold {table} {Mode(pick)} {milliseconds} ms");
        await using var session = await HolderAsync();
        await session.ExecuteAsync($"LOCK TABLE {table} IN {Mode(pick)} MODE");
        await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System); // held
        await session.ExecuteAsync("COMMIT");
        return true;
    }

    /// <summary>A view takes no LOCK TABLE; to refresh it does.</summary>
    public async Task<bool> HoldDailyViewAsync(int milliseconds, bool concurrently)
    {
        log($"hold the daily view {milliseconds} ms");
        await using var session = await HolderAsync();
        await session.ExecuteAsync($"REFRESH MATERIALIZED VIEW {(concurrently ? "CONCURRENTLY " : string.Empty)}public.mv_brand_daily_metrics");
        await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System); // held
        await session.ExecuteAsync("COMMIT");
        return true;
    }

    public async Task<bool> LookLongAsync(int milliseconds)
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
        return true;
    }

    /// <summary>
    /// Takes as a writer, one after the other, the tables that our steps take, in the opposite order: whoever holds the one while he waits for the other closes
    /// a cycle. The application's transaction must not be the one to pay for it.
    /// </summary>
    public async Task<bool> BackwardsAsync(int milliseconds)
    {
        log($"backwards {milliseconds} ms");
        await using var session = await database.OpenAsync("SET application_name = 'job'; BEGIN");
        foreach (var table in (string[])[.. Parents.Reverse(), "extracted_positions"])
        {
            try
            {
                await session.ExecuteAsync($"DELETE FROM {table} WHERE false");
            }
            catch (PostgresException problem) when (problem.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.LockNotAvailable)
            {
                Problems.Add($"a transaction that takes the tables backwards met {problem.SqlState} {problem.MessageText}");
                return true;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(milliseconds / 6), TimeProvider.System); // it thinks
        }

        await session.ExecuteAsync("COMMIT");
        return true;
    }

    public async Task<bool> JobAsync(Random random)
    {
        if (Interlocked.Exchange(ref _jobs, 1) != 0)
        {
            return false;
        }

        try
        {
            await OneJobAsync(random);
            return true;
        }
        finally
        {
            Interlocked.Exchange(ref _jobs, 0);
        }
    }

    /// <summary>Rewrites a table, or an index, or what is known of it, as an administrator does: legacy, what it became, or the star.</summary>
    public async Task<bool> MaintainAsync(Fire fire, int pick)
    {
        var archived = await database.ScalarAsync<bool>("SELECT to_regclass('public.extracted_positions_archived') IS NOT NULL");
        var legacy = archived ? "extracted_positions_archived" : "extracted_positions";
        var table = pick % 2 == 0 ? legacy : Pick(Star, pick);
        var index = fire is Fire.Cluster ? await database.ScalarAsync<string>(
            $"SELECT i.indexrelid::regclass::text FROM pg_index AS i WHERE i.indrelid = to_regclass('public.{table}') AND i.indisvalid AND i.indpred IS NULL ORDER BY i.indisprimary, 1 LIMIT 1") : null;
        var statement = fire switch
        {
            Fire.VacuumFull => $"VACUUM FULL public.{table}",
            Fire.Cluster => $"CLUSTER public.{table} USING {index}",
            Fire.Reindex => $"REINDEX TABLE {(pick / 40 % 2 == 0 ? "CONCURRENTLY " : string.Empty)}public.{table}",
            _ => $"ANALYZE public.{table}",
        };
        log(statement);
        await using var session = await database.OpenAsync("SET application_name = 'administrator'; SET lock_timeout = '500ms'");
        await session.ExecuteAsync(statement);
        return true;
    }

    private static string Pick(string[] tables, int pick) => tables[pick / 2 % tables.Length];

    private static bool KeepsOut(string table, int pick) => string.Equals(Pick(Own, pick), table, StringComparison.Ordinal) && Array.IndexOf(Modes, Mode(pick)) > 2;

    private static string Mode(int pick) => Modes[pick / 40 % Modes.Length];

    private Task<Session> HolderAsync() => database.OpenAsync("SET application_name = 'holder'; SET lock_timeout = '500ms'; BEGIN");

    /// <summary>A job of the application's, of many statements in one transaction, on brands that nobody else works on: what deadlocks with it is ours.</summary>
    private async Task OneJobAsync(Random random)
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
}
