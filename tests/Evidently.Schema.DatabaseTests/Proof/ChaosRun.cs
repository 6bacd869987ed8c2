using System.Collections.Concurrent;
using Evidently.Schema.DatabaseTests.Backfill;
using Evidently.Schema.DatabaseTests.Model;
using Evidently.Schema.DatabaseTests.Packages;
using Evidently.Schema.DatabaseTests.Pooler;
using Evidently.Schema.Hosting;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Proof;

/// <summary>
/// Legs from phase to phase, up and down, on a server of its own: each is tried while everything goes wrong, by one runner or several, in this
/// process, behind a bad network or in a process that is killed; then once in peace, and that must succeed. Then what the star holds under traffic is compared
/// with what legacy describes, snapshot by snapshot, by the oracle; then all is quiet and checked.
/// </summary>
internal sealed class ChaosRun : IAsyncDisposable
{
    /// <summary>Snapshots that the oracle looks at between two legs, while the application goes on.</summary>
    private const int Snapshots = 3;

    private static readonly LegacyFill History = new() { Results = 400, Brands = 4, Dirt = LegacyDirt.Some };

    private readonly Random _random;
    private readonly PostgresServer _server;
    private readonly StarDatabase _database;
    private readonly ApplicationTraffic _traffic;
    private readonly UnreliableProxy _proxy;
    private readonly PgBouncer _pooler;
    private readonly Disturbances _disturbances;
    private readonly ConcurrentQueue<string> _log = new();
    private readonly long _started = TimeProvider.System.GetTimestamp();
    private Phase _at = Phase.None;
    private int _checked;

    private ChaosRun(int seed, PostgresServer server, StarDatabase database, PgBouncer pooler, ApplicationTraffic traffic)
    {
        (_random, _server, _database, _pooler, _traffic) = (new Random(seed), server, database, pooler, traffic);
        _proxy = UnreliableProxy.Start(database.ConnectionString);
        Check = new ProofCheck(database, traffic);
        Fires = new Fires(seed);
        _disturbances = new Disturbances(server, database, traffic, _proxy, pooler, Fires, Log);
    }

    public Fires Fires { get; }

    public ProofCheck Check { get; }

    public ApplicationTraffic Traffic => _traffic;

    public int Legs { get; private set; }

    /// <summary>How many results the oracle found as legacy describes them, at snapshots under traffic.</summary>
    public int Looks { get; private set; }

    /// <summary>What was done, in its order.</summary>
    public string Story => string.Join('\n', _log);

    public static async Task<ChaosRun> StartAsync(int seed)
    {
        var server = await OwnServer.StartAsync();
        try
        {
            LegacyVariant[] variants = [.. LegacyVariant.Pairwise().Where(variant => variant.Sentiment)]; // which the traffic writes
            var legacy = await LegacyDatabase.CreateAsync(server, variants[seed % variants.Length]);
            await legacy.FillAsync(History);
            var database = StarDatabase.Of(legacy);
            var pooler = await PgBouncer.StartAsync(database.ConnectionString, serverConnections: 4);
            return new ChaosRun(seed, server, database, pooler, await ApplicationTraffic.StartAsync(new TrafficOptions
            {
                ConnectionString = database.ConnectionString,
                PoolerConnectionString = pooler.ConnectionString,
                Seed = seed,
                SentimentWithin = TimeSpan.FromSeconds(0.6),
                ResultsPerSecond = 12,
                ReadsPerSecond = 20,
                HandsPerSecond = 6,
            }));
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>For so long, and on until every kind of fire was lit.</summary>
    public async Task RunAsync(TimeSpan howLong, TimeSpan atMost)
    {
        while (Check.Problems.Count == 0 && TimeProvider.System.GetElapsedTime(_started) is var elapsed && (elapsed < howLong || (Fires.Unlit.Count > 0 && elapsed < atMost)))
        {
            await LegAsync(Next());
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _traffic.DisposeAsync();
        await _proxy.DisposeAsync();
        await _pooler.DisposeAsync();
        await _server.DisposeAsync();
    }

    /// <summary>Early on, and whenever there is something left to burn there, to the archive.</summary>
    private Phase Next() => _random.Next(10) switch
    {
        < 10 when _at is Phase.Reads or Phase.DualWrite && Fires.Unlit.Any(Fires.NeedsArchive) => Phase.Retire,
        < 5 when _at < Phase.Retire => _at + 1,
        < 7 when _at < Phase.Retire => (Phase)_random.Next((int)_at + 1, (int)Phase.Retire + 1),
        _ when _at > Phase.None => (Phase)_random.Next((int)_at),
        _ => Phase.Create,
    };

    private async Task LegAsync(Phase target)
    {
        var stage = $"leg {++Legs}, {_at} to {target}";
        Log(stage);
        await SharesAsync(_at < target ? _at : target);
        _traffic.Stage = stage;
        (_disturbances.Crashed, _disturbances.WasStrict) = (false, false);
        using (var stop = new CancellationTokenSource())
        {
            var disturbing = Task.WhenAll(_disturbances.RunAsync(new Random(_random.Next()), stop.Token), _disturbances.RunAsync(new Random(_random.Next()), stop.Token));
            for (var attempt = _random.Next(1, 4); attempt > 0; attempt--)
            {
                var runners = Math.Max(1, _random.Next(-2, 4));
                await Task.WhenAll(Enumerable.Range(0, runners).Select(_ => AttemptAsync(stage, target, _random.Next(3), _random.Next(200, 4000))));
                foreach (var fire in ((Fire[])[Fire.SecondRunner, Fire.ThirdRunner]).Take(runners - 1))
                {
                    Fires.Lit(fire);
                }
            }

            await stop.CancelAsync();
            await disturbing;
        }

        await InPeaceAsync(stage, target);
        _at = target;
        await LookAsync(stage);
        await _traffic.PauseAsync();
        await RepairAsync();
        await Check.QuietAsync(stage);
        AddStatements(stage);
        Check.Add(stage, _disturbances.Problems);
        _disturbances.NotesHeld = false;
        _disturbances.DaysHeld = false;
        Check.Add(stage, await Deadlocks.OursAsync(_server));
        await SharesAsync(_at);
        _traffic.Resume();
    }

    /// <summary>An attempt may fail while all goes wrong, as long as it says that it was that.</summary>
    private async Task AttemptAsync(string stage, Phase target, int how, int milliseconds)
    {
        try
        {
            if (how == 0)
            {
                await KilledAsync(target, milliseconds);
            }
            else
            {
                var migrating = new Operator(how == 1 ? _proxy.ConnectionString : _database.ConnectionString);
                await (target > _at ? migrating.MigrateAsync(target) : migrating.RollbackAsync(target));
                Log("  done in spite of it all");
            }
        }
        catch (SchemaException problem) when (problem.Error is SchemaError.Unreachable or SchemaError.RunnerBusy or SchemaError.LockTimeout or SchemaError.OpenPoints
            or SchemaError.VerificationFailed or SchemaError.RouteRefused)
        {
            Log($"  {problem.Error} {problem.Message}");
        }
        catch (NpgsqlException problem) when (problem is not PostgresException || problem.SqlState is "EV011" or PostgresErrorCodes.UndefinedTable || problem.SqlState!.StartsWith("57P", StringComparison.Ordinal))
        {
            Log($"  {problem.SqlState} {problem.Message}");
        }
        catch (Exception problem) when (problem is SchemaException or NpgsqlException)
        {
            Check.Add(stage, [$"a disturbed attempt failed with {problem.Message}"]);
        }
    }

    private async Task KilledAsync(Phase target, int milliseconds)
    {
        var up = target > _at;
        var preparing = new Operator(_database.ConnectionString);
        await (up ? preparing.PrepareToMigrateAsync(target) : preparing.PrepareToRollBackAsync(target));
        await using var host = ChildProcess.Start(
            "dotnet", [Repository.Program("Evidently.Schema.StartupHost"), .. up ? [] : (string[])["down"], target.ToString()], [("STARTUP_HOST_CONNECTION", _database.ConnectionString)]);
        await host.Output.ReadLineAsync();
        await host.Input.WriteLineAsync("go");
        host.Input.Close();
        var ending = host.EndAsync();
        await Task.WhenAny(ending, Task.Delay(TimeSpan.FromMilliseconds(milliseconds), TimeProvider.System)); // the random moment
        if (!ending.IsCompleted)
        {
            Log("  kill -9");
            host.Kill();
            Fires.Lit(up ? Fire.KillUp : Fire.KillDown);
        }

        var outcome = await ending;
        Log($"  a host ended: {outcome.All.Trim()}");
        if (outcome.Error.Contains("Unhandled exception", StringComparison.Ordinal))
        {
            Check.Add(_traffic.Stage, [$"a host died of {outcome.Error}"]);
        }
    }

    private async Task InPeaceAsync(string stage, Phase target)
    {
        try
        {
            var migrating = new Operator(_database.ConnectionString);
            try
            {
                await (target > _at ? migrating.MigrateAsync(target) : migrating.RollbackAsync(target));
            }
            catch (Exception problem) when ((_disturbances.NotesHeld || _disturbances.DaysHeld)
                && problem is SchemaException { Error: SchemaError.VerificationFailed or SchemaError.OpenPoints or SchemaError.RouteRefused } or PostgresException { SqlState: "EV011" })
            {
                await _traffic.PauseAsync(); // as the message says, until nothing is left to repair: under traffic there always is
                await RepairAsync();
                _traffic.Resume();
                await (target > _at ? migrating.MigrateAsync(target) : migrating.RollbackAsync(target));
            }

            if (target >= Phase.DualWrite)
            {
                await migrating.SetAsync("dual_write", "sync");
            }
        }
        catch (Exception problem) when (problem is SchemaException or NpgsqlException)
        {
            Check.Add(stage, [$"in peace it failed with {problem.Message}"]);
        }
    }

    /// <summary>Guarantee 2: at every snapshot the star is what legacy describes, but for what is noted.</summary>
    private async Task LookAsync(string stage)
    {
        if (_at is not (Phase.DualWrite or Phase.Reads) || _disturbances.NotesHeld || Check.Problems.Count > 0)
        {
            return;
        }

        await using var session = await _database.OpenAsync();
        for (var look = 0; look < Snapshots; look++)
        {
            if (await Observer.UncoveredAsync(session.Connection) is { Length: > 0 } differences)
            {
                Check.Add(stage, [$"at a snapshot under traffic the star is not the one its legacy rows describe: {differences}"]);
            }

            Looks++;
        }
    }

    /// <summary>What could not be noted, because the notes themselves were locked, verification finds.</summary>
    private async Task RepairAsync()
    {
        if ((_disturbances.NotesHeld || _disturbances.DaysHeld) && await _database.ScalarAsync<bool>("SELECT to_regproc('evidently_schema.repair') IS NOT NULL"))
        {
            while (await _database.ScalarAsync<long>("SELECT evidently_schema.repair()") > 0)
            {
                Log("  repaired");
            }
        }
    }

    /// <summary>Nobody calls a function of ours that this leg may take away.</summary>
    private async Task SharesAsync(Phase lowest)
    {
        await _traffic.PauseAsync();
        (_traffic.PageShare, _traffic.FunctionShare) = (lowest >= Phase.Reads ? 0.5 : 0, lowest >= Phase.DualWrite ? 0.3 : 0);
        _traffic.Resume();
    }

    private void AddStatements(string stage)
    {
        var statements = _traffic.Statements;
        Check.Add(stage, statements.Skip(_checked).Where(IsProblem).GroupBy(statement => $"{statement.Client} {statement.Name} {statement.Outcome} {statement.Error}", StringComparer.Ordinal)
            .Select(alike => $"{alike.Count()} × {alike.Key}"));
        _checked = statements.Count;
    }

    /// <summary>A crash breaks connections, and strict fails writers, because they were asked to. Nothing else may.</summary>
    private bool IsProblem(TrafficStatement statement) => statement.Outcome switch
    {
        TrafficOutcome.Lost => !_disturbances.Crashed,
        TrafficOutcome.Failed when ProofText.IsDeadlock(statement) => false, // found in the log, if it is ours
        TrafficOutcome.Failed => !(_disturbances.WasStrict && statement.Error!.StartsWith("EV009", StringComparison.Ordinal)),
        _ => false,
    };

    private void Log(string line) => _log.Enqueue($"{TimeProvider.System.GetElapsedTime(_started).TotalSeconds,7:F2} {line}");
}
