using System.Globalization;
using Evidently.Schema.DatabaseTests.Backfill;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Retire;

/// <summary>
/// The application's clients beside the steps of phase 5: writers of legacy, a writer to the star alone, both in turn on results of their own, and six readers, on pooled
/// sessions with prepared statements. A statement that fails, a reader whose answer changes, a result that is not as its writer left it: each fails the test.
/// </summary>
internal sealed class RetireTraffic : IAsyncDisposable
{
    /// <summary>The results that nobody writes: what the readers say of them never changes.</summary>
    public const int Cold = 16;

    private const long First = 1000;
    private const int Each = 3;
    private const string Columns = "brand_id, customer_id, query_id, collector_type, competitor_name, visibility_index_competitor, processed_at";

    private const string Written =
        "SELECT coalesce(string_agg(concat_ws(' ', coalesce(ep.competitor_name, '-'), ep.visibility_index::numeric(10, 4), coalesce(ep.sentiment_score, ep.sentiment_score_competitor)::numeric(10, 2), ep.topic), ', ' ORDER BY ep.competitor_name NULLS FIRST), 'nothing') FROM extracted_positions AS ep WHERE ep.collector_result_id = ";

    private static readonly string[] Readers =
    [
        "SELECT count(*)::text || avg(visibility_index)::numeric(12, 6) FROM extracted_positions WHERE brand_id = (SELECT id FROM brands ORDER BY id LIMIT 1) AND competitor_name IS NULL AND collector_result_id <= 16",
        "SELECT concat_ws(' ', id, collector_result_id, brand_id, competitor_name, topic, visibility_index::numeric(10, 4), sentiment_label, raw_answer) FROM extracted_positions WHERE collector_result_id = ANY (ARRAY[1, 2, 7]) ORDER BY id",
        "SELECT date_trunc('day', processed_at AT TIME ZONE 'UTC')::text || avg(share_of_answers_brand)::numeric(12, 6) FROM extracted_positions WHERE collector_result_id <= 16 GROUP BY date_trunc('day', processed_at AT TIME ZONE 'UTC') ORDER BY 1",
        "SELECT lower(btrim(topic)) || avg(visibility_index)::numeric(12, 6) FROM extracted_positions WHERE competitor_name IS NULL AND collector_result_id <= 16 GROUP BY lower(btrim(topic)) ORDER BY 1",
        "SELECT query_id::text || sum(competitor_mentions) FROM extracted_positions WHERE competitor_name IS NOT NULL AND collector_result_id <= 16 GROUP BY query_id ORDER BY 1",
        "SELECT ep.collector_result_id::text || c.raw_answer FROM extracted_positions AS ep JOIN collector_results AS c ON c.id = ep.collector_result_id WHERE ep.has_brand_presence AND c.id <= 16 ORDER BY ep.id",
    ];

    private readonly StarDatabase _database;
    private readonly NpgsqlDataSource _source;
    private readonly Dictionary<string, List<string>> _answers = new(StringComparer.Ordinal);
    private readonly Dictionary<long, string> _left = [];
    private readonly List<Writer> _writers = [];

    private RetireTraffic(StarDatabase database)
    {
        _database = database;
        _source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { MaxAutoPrepare = 60, AutoPrepareMinUsages = 2, MaxPoolSize = 12 });
    }

    private enum Writer
    {
        Application,
        Star,
        InTurn,
    }

    public static async Task<RetireTraffic> CreateAsync(StarDatabase database)
    {
        var traffic = new RetireTraffic(database);
        await database.ExecuteAsync($"INSERT INTO collector_results (id, raw_answer) SELECT n, 'answer ' || n FROM generate_series({First}, {First + (3 * Each) + 1}) AS n");
        foreach (var reader in Readers)
        {
            traffic._answers[reader] = await traffic.RunAsync(reader);
            Assert.That(traffic._answers[reader], Is.Not.Empty, reader);
        }

        return traffic;
    }

    /// <summary>The clients run before, during and after the step; then every result is as its writer left it. Which may write is what the phase allows.</summary>
    public async Task BesideAsync(Func<Task> step, bool legacy = true)
    {
        _writers.Clear();
        _writers.AddRange(legacy ? [Writer.Application, Writer.Star, Writer.InTurn] : [Writer.Star]);
        using var stop = new CancellationTokenSource();
        var rounds = new int[_writers.Count + Readers.Length];
        var clients = _writers.Select((writer, n) => Task.Run(() => RepeatAsync(round => WriteAsync(writer, round), n)))
            .Concat(Readers.Select((reader, n) => Task.Run(() => RepeatAsync(_ => ReadAsync(reader), _writers.Count + n)))).ToList();

        await Eventually.Holds(() => Task.FromResult(rounds.All(done => done > 1) || clients.Exists(client => client.IsCompleted)), "every client runs");
        await Task.Run(step);
        var atItsEnd = rounds.ToArray();
        await Eventually.Holds(() => Task.FromResult(rounds.Zip(atItsEnd).All(pair => pair.First > pair.Second + 1) || clients.Exists(client => client.IsCompleted)), "every client has run since");
        await stop.CancelAsync();
        await Task.WhenAll(clients);
        await AssertAsync();

        async Task RepeatAsync(Func<int, Task> round, int client)
        {
            while (!stop.IsCancellationRequested)
            {
                await round(rounds[client]);
                Interlocked.Increment(ref rounds[client]);
            }
        }
    }

    /// <summary>Every result is as its writer left it, and what the readers say of the others has not changed.</summary>
    public async Task AssertAsync()
    {
        foreach (var (result, left) in _left)
        {
            Assert.That(await RunAsync(Written + result), Is.EqualTo(new[] { left }), $"result {result}");
        }

        foreach (var reader in Readers)
        {
            await ReadAsync(reader);
        }
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private async Task ReadAsync(string reader) => Assert.That(await RunAsync(reader), Is.EqualTo(_answers[reader]), reader);

    private async Task WriteAsync(Writer writer, int round)
    {
        var result = First + ((int)writer * Each) + (round % Each);
        var visibility = string.Create(CultureInfo.InvariantCulture, $"0.{10 + (round % 90)}");
        if (writer == Writer.Application || (writer == Writer.InTurn && round / Each % 2 == 0))
        {
            await ScoreAsync(result, visibility, round);
        }
        else
        {
            await RunAsync(RetireDatabase.Save(result, visibility: visibility));
        }

        if (writer == Writer.InTurn && round % 5 == 4)
        {
            await RunAsync($"UPDATE extracted_positions SET topic = 'straggler {round % 7}' WHERE collector_result_id = {result}");
        }

        var left = (await RunAsync(Written + result))[0];
        Assert.That(left, Does.Contain(visibility), "what was written is there");
        lock (_left)
        {
            _left[result] = left;
        }
    }

    /// <summary>DELETE, INSERT, then the ids selected and updated by, as the application does.</summary>
    private async Task ScoreAsync(long result, string visibility, int round)
    {
        await RunAsync($"DELETE FROM extracted_positions WHERE collector_result_id = {result}");
        await RunAsync($"INSERT INTO extracted_positions (collector_result_id, visibility_index, {Columns}) SELECT {result}, {visibility}, {Columns} FROM extracted_positions WHERE collector_result_id = 1 ORDER BY competitor_name NULLS FIRST RETURNING id");
        var ids = await RunAsync($"SELECT id FROM extracted_positions WHERE collector_result_id = {result}");
        Assert.That(ids, Has.Count.EqualTo(3).And.Unique);
        await RunAsync(string.Create(CultureInfo.InvariantCulture, $"UPDATE extracted_positions SET sentiment_label = 'POSITIVE', sentiment_score = {round % 100} WHERE id IN ({string.Join(", ", ids)}) AND competitor_name IS NULL"));
        await RunAsync(string.Create(CultureInfo.InvariantCulture, $"UPDATE extracted_positions SET sentiment_score_competitor = {round % 90} WHERE id IN ({string.Join(", ", ids)}) AND competitor_name IS NOT NULL"));
    }

    private async Task<List<string>> RunAsync(string sql)
    {
        await using var command = _source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var list = new List<string>();
        while (await reader.ReadAsync())
        {
            list.Add(reader.FieldCount == 0 || await reader.IsDBNullAsync(0) ? string.Empty : reader.GetValue(0).ToString()!);
        }

        return list;
    }
}
