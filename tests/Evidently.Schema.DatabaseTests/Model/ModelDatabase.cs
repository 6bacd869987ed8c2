using System.Data;
using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Model;

/// <summary>One database for many sequences: cleared before each, its sessions kept open, because their plans are dear.</summary>
internal sealed class ModelDatabase : IAsyncDisposable
{
    private readonly StarDatabase _database;
    private readonly bool _copied;
    private readonly Session _admin;
    private readonly Session _observer;
    private readonly List<Actor> _actors = [];
    private Session? _holder;
    private bool _concurrent;

    private ModelDatabase(StarDatabase database, bool copied, Session admin, Session observer) =>
        (_database, _copied, _admin, _observer) = (database, copied, admin, observer);

    public static async Task<ModelDatabase> CreateAsync(bool copied, bool foreignKeys, Guard? without)
    {
        var variant = new LegacyVariant { ForeignKeys = foreignKeys, Metrics = foreignKeys ? MetricType.Numeric : MetricType.DoublePrecision };
        var database = await StarDatabase.CreateAsync(copied ? Steps.Synced : Steps.BeforeCopy, variant, StarDatabase.Few);
        if (without is not null)
        {
            await without.RemoveAsync(database);
        }

        return new(database, copied, await Session.OpenAsync(database.AdminConnectionString), await database.OpenAsync("SET lock_timeout = '100ms'"));
    }

    /// <summary>Runs a sequence from a clean start to a quiet end; throws when the star is wrong at one of its moments.</summary>
    public async Task RunAsync(Sequence sequence, bool concurrent)
    {
        _concurrent = concurrent;
        await ResetAsync(sequence.Sessions + 1);
        if (concurrent)
        {
            await Task.WhenAll(sequence.Steps.GroupBy(step => step.Session).Select(steps => Task.Run(() => RunAsync([.. steps], sequence.Sessions))));
        }
        else
        {
            foreach (var step in sequence.Steps)
            {
                await RunAsync(step);
            }
        }

        await QuietAsync(true);
    }

    public async ValueTask DisposeAsync()
    {
        await LetGoAsync();
        foreach (var actor in _actors)
        {
            await actor.DisposeAsync();
        }

        await _admin.DisposeAsync();
        await _observer.DisposeAsync();
        await _database.DisposeAsync();
    }

    private async Task ResetAsync(int actors)
    {
        await LetGoAsync();
        foreach (var actor in _actors)
        {
            await actor.EndAsync(false);
        }

        while (_actors.Count < actors)
        {
            _actors.Add(new Actor(_database));
        }

        // History is there before anyone watches, so that only the statements of the sequence are put to the test.
        await _admin.ExecuteAsync($"{World.Clear} SET session_replication_role = replica; {World.Parents} {World.History} RESET session_replication_role");
        await _admin.ExecuteAsync(_copied
            ? "UPDATE evidently_schema.settings SET value = 'sync' WHERE name = 'dual_write'; SELECT evidently_schema.project(ARRAY[1, 2, 3, 4])"
            : "UPDATE evidently_schema.settings SET value = 'capture' WHERE name = 'dual_write'; DELETE FROM evidently_schema.backfill_lanes;"
                + " DELETE FROM evidently_schema.backfill_runs; SELECT evidently_schema.start_backfill()");
    }

    /// <summary>A session's own steps, in their order; it ends its transaction, so that nobody waits for it.</summary>
    private async Task RunAsync(List<Step> steps, int @operator)
    {
        foreach (var step in steps)
        {
            await RunAsync(step);
        }

        await _actors[steps[0].Session].EndAsync(true);
        if (steps[0].Session == @operator)
        {
            await LetGoAsync();
        }
    }

    private Task RunAsync(Step step) => step switch
    {
        Step.Run run => _actors[run.Session].RunAsync(run.Sql),
        Step.Copy copy => _actors[copy.Session].CopyAsync(copy.Result),
        Step.Begin begin => _actors[begin.Session].BeginAsync(begin.Isolation),
        Step.End end => _actors[end.Session].EndAsync(end.Commits),
        Step.Savepoint savepoint => _actors[savepoint.Session].SavepointAsync(savepoint.Verb),
        Step.Kill kill => KillAsync(_actors[kill.Victim].Pid),
        Step.Hold hold => HoldAsync(hold.Table),
        Step.LetGo => LetGoAsync(),
        Step.Look => LookAsync(),
        Step.Migrate => MigrateAsync(),
        Step.Quiet quiet => QuietAsync(quiet.Commits),
        _ => throw new InvalidOperationException($"What is {step}?"),
    };

    /// <summary>A backend that is gone by now is none of ours: the number may be another's already.</summary>
    private Task<int> KillAsync(int pid) => _database.ExecuteAsync(
        $"SELECT pg_terminate_backend(a.pid, 5000) FROM pg_stat_activity AS a WHERE a.pid = {pid} AND a.datname = current_database()");

    private async Task HoldAsync(string table)
    {
        _holder ??= await _database.OpenAsync("SET lock_timeout = '40ms'; BEGIN");
        try
        {
            await _holder.ExecuteAsync($"SAVEPOINT s; LOCK TABLE public.{table} IN ACCESS EXCLUSIVE MODE");
        }
        catch (PostgresException problem) when (problem.SqlState is PostgresErrorCodes.LockNotAvailable)
        {
            await _holder.ExecuteAsync("ROLLBACK TO SAVEPOINT s");
        }
    }

    private async Task LetGoAsync()
    {
        if (_holder is { } holder)
        {
            _holder = null;
            await holder.DisposeAsync();
        }
    }

    /// <summary>The migration drains, for a minute, what open transactions hold up: they end beside it, or must be ended before.</summary>
    private async Task MigrateAsync()
    {
        await (_concurrent ? LetGoAsync() : EndAllAsync(true));

        await Steps.DownAsync(_database.ConnectionString, Steps.Synced - 1);
        await Steps.UpAsync(_database.ConnectionString, Steps.Synced);
    }

    private async Task LookAsync()
    {
        if (!_copied)
        {
            return;
        }

        try
        {
            Fail(await Observer.UncoveredAsync(_observer.Connection), "guarantee 2, by the oracle");
            await using var snapshot = await _observer.Connection.BeginTransactionAsync(IsolationLevel.RepeatableRead);
            await _observer.ExecuteAsync(Observer.KeepTruncateOut);
            Fail(
                string.Join(", ", await _observer.ListAsync(
                    "SELECT v.check_name || ' missing ' || v.missing || ' extra ' || v.extra || ' different ' || v.different FROM evidently_schema.verify() AS v"
                    + " WHERE NOT v.ok AND NOT EXISTS (SELECT FROM evidently_schema.change_notes WHERE kind = 'all')")),
                "guarantee 2, by verify()");
            await snapshot.CommitAsync();
        }
        catch (PostgresException problem) when (problem.SqlState is PostgresErrorCodes.LockNotAvailable)
        {
            // a star table is locked by hand: nobody sees anything
        }
    }

    private async Task EndAllAsync(bool commits)
    {
        await LetGoAsync();
        foreach (var actor in _actors)
        {
            await actor.EndAsync(commits);
        }
    }

    private async Task QuietAsync(bool commits)
    {
        await EndAllAsync(commits);
        if (!_copied)
        {
            await _observer.ExecuteAsync("CALL evidently_schema.backfill()");
        }

        for (var turn = 0; turn < 3; turn++)
        {
            // What failed is tried again later and later; here it has been later already.
            await _observer.ExecuteAsync("UPDATE evidently_schema.change_notes SET noted_at = noted_at - interval '1 hour' WHERE attempts > 0");
            await _observer.ExecuteAsync("CALL evidently_schema.drain(30)");
        }

        await _observer.ExecuteAsync("SELECT public.refresh_mv_brand_daily_metrics()");
        Fail(
            string.Join(", ", await _observer.ListAsync("SELECT n.kind || ' ' || coalesce(n.key, n.collector_result_id::text) || ' ' || coalesce(n.last_error, '')"
                + " FROM evidently_schema.change_notes AS n UNION ALL SELECT 'horizon of ' || h.note_id FROM evidently_schema.note_horizons AS h")),
            "notes left");
        Fail(await Observer.WholeAsync(_observer.Connection), "the star is not the one its legacy rows describe");
        Fail(string.Join(", ", await _observer.ListAsync("SELECT v.check_name FROM evidently_schema.verify() AS v WHERE NOT v.ok")), "verify()");
    }

    private static void Fail(string differences, string what)
    {
        if (differences.Length > 0)
        {
            throw new InvalidOperationException($"{what}: {differences}");
        }
    }
}
