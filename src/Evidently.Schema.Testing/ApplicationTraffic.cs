using Evidently.Schema.Testing.Traffic;
using Npgsql;

namespace Evidently.Schema.Testing;

/// <summary>
/// The application at work on a legacy database, before, during and after a migration: its writer, its six services' pages and what is done by
/// hand, as concurrent clients. Open loop: a statement is due at its time whether or not earlier ones have ended, and its latency counts from
/// then, so that every stall shows. Each statement's outcome is recorded, and each acknowledged write is remembered:
/// <see cref="ProblemsAsync"/> looks for it. It works on brands and results of its own, beside those that are there, and deletes no others.
/// </summary>
public sealed class ApplicationTraffic : IAsyncDisposable
{
    private readonly TrafficRecord _record;
    private readonly WriteLedger _ledger;
    private readonly List<TrafficClient> _clients;
    private readonly TrafficLoop[] _loops;

    private ApplicationTraffic(TrafficOptions options, TrafficWorld world, List<TrafficClient> clients, TrafficRecord record)
    {
        (_clients, _record) = (clients, record);
        _ledger = new WriteLedger(world);
        var writer = new TrafficWriter(options, world, _ledger, clients);
        var reader = new TrafficReader(world, clients);
        var hands = new TrafficHands(options, world, clients[0]);
        _loops =
        [
            new TrafficLoop(options.ResultsPerSecond, options.Seed, (due, random) => writer.ScoreAsync(due, random, UsesFunction(random))),
            new TrafficLoop(options.ReadsPerSecond, options.Seed + 1, (due, random) => reader.ReadAsync(due, random, ReadsPages(random))),
            new TrafficLoop(options.HandsPerSecond, options.Seed + 2, hands.ActAsync),
        ];
    }

    /// <summary>Under which name statements are recorded from now on.</summary>
    /// <value>Default: <c>before</c>.</value>
    public string Stage
    {
        get => _record.Stage;
        set => _record.Stage = value;
    }

    /// <summary>The share, 0 to 1, of reads that call the pages' functions of phase 4 in place of statements on <c>extracted_positions</c>.</summary>
    /// <value>Default: 0.</value>
    public double PageShare { get; set; }

    /// <summary>The share, 0 to 1, of results saved by <c>evidently_schema.save_positions</c>, which is there from phase 3 on.</summary>
    /// <value>Default: 0.</value>
    public double FunctionShare { get; set; }

    /// <summary>How long ago it started: what <see cref="TrafficStatement.Due"/> counts from.</summary>
    public TimeSpan Elapsed => _record.Elapsed;

    /// <summary>Every statement that has ended.</summary>
    public IReadOnlyList<TrafficStatement> Statements => _record.Statements;

    /// <summary>How many writes of results were acknowledged.</summary>
    public int AcknowledgedWrites => _ledger.Acknowledged;

    /// <summary>Starts it: makes its brands, prompts and competitors, and begins.</summary>
    /// <param name="options">How much.</param>
    /// <param name="ct">Stops the set-up.</param>
    /// <exception cref="NpgsqlException">The database cannot be reached, or has no legacy tables.</exception>
    public static async Task<ApplicationTraffic> StartAsync(TrafficOptions options, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var record = new TrafficRecord();
        List<TrafficClient> clients = [TrafficClient.Plain(options, record), TrafficClient.Prepared(options, record)];
        if (options.PoolerConnectionString is { } pooler)
        {
            clients.Add(TrafficClient.ThroughPooler(options, pooler, record));
        }

        try
        {
            var world = await TrafficWorld.CreateAsync(clients[0].Source, ct).ConfigureAwait(false);
            var traffic = new ApplicationTraffic(options, world, clients, record);
            traffic.Resume();
            return traffic;
        }
        catch
        {
            foreach (var client in clients)
            {
                await client.DisposeAsync().ConfigureAwait(false);
            }

            throw;
        }
    }

    /// <summary>Stops what is due from now on and waits for what is under way, sentiment included: a quiet point.</summary>
    public async Task PauseAsync() => await Task.WhenAll(_loops.Select(loop => loop.PauseAsync())).ConfigureAwait(false);

    /// <summary>Goes on after <see cref="PauseAsync"/>.</summary>
    public void Resume()
    {
        foreach (var loop in _loops)
        {
            loop.Resume();
        }
    }

    /// <summary>
    /// Reads <c>extracted_positions</c>, table or view, and compares it with what was acknowledged: every row that was inserted and not deleted
    /// since is there, with the label and score that were written last; none that was deleted is. Between writes that overlapped any order is right,
    /// and a write whose connection broke may have happened or not. To be called at a quiet point.
    /// </summary>
    /// <param name="connection">Of a role that may read the table.</param>
    /// <param name="ct">Stops the reading.</param>
    /// <returns>What is wrong, one line each, by ids; empty when nothing is.</returns>
    public Task<IReadOnlyList<string>> ProblemsAsync(NpgsqlConnection connection, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(connection);
        return _ledger.ProblemsAsync(connection, ct);
    }

    /// <summary>Closes the idle connections of all sets, as an application does whose server has been started again.</summary>
    public void ClearPools()
    {
        foreach (var client in _clients)
        {
            client.Source.Clear();
        }
    }

    /// <summary>Figures of each stage, in their order, and of all.</summary>
    public IReadOnlyList<TrafficFigures> Figures() => TrafficRecord.Figures(_record.Statements);

    /// <summary>Stops and closes all connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await PauseAsync().ConfigureAwait(false);
        foreach (var client in _clients)
        {
            await client.DisposeAsync().ConfigureAwait(false);
        }
    }

    private bool ReadsPages(Random random) => random.NextDouble() < PageShare;

    private bool UsesFunction(Random random) => random.NextDouble() < FunctionShare;
}
