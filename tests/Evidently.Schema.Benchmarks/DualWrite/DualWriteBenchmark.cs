using Evidently.Schema.Benchmarks.Backfill;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.Benchmarks.DualWrite;

/// <summary>
/// What a scored result costs the application: without any dual-write, with our triggers in sync, and with the plan's dual-write in the
/// application; and what it costs to write the star alone. Contenders take turns, each on a fresh copy of one legacy database whose history is in its star.
/// </summary>
internal sealed class DualWriteBenchmark(DualWriteOptions options)
{
    private const long Synced = 303;
    private const int RowsPerResult = 6;
    private const int AnswerLength = 2_000;
    private const long FirstId = 10_000_000;
    private const long FirstBulkId = 20_000_000;

    private readonly string? _postgrest = PostgRestServer.FindBinary();

    /// <summary>Prints everything, and returns what it is judged by.</summary>
    public async Task<IReadOnlyList<Target>> RunAsync(CancellationToken ct)
    {
        await using var server = await PostgresServer.StartAsync(new PostgresServerOptions { Settings = BackfillBenchmark.Settings }, ct);
        await using var template = await LegacyDatabase.CreateAsync(server, ct: ct);
        var history = Math.Max(options.AllResults, options.BulkRows / RowsPerResult);
        Say($"building a legacy database of {history:N0} results …");
        await template.FillAsync(new LegacyFill { Results = history, AnswerLength = AnswerLength }, ct);

        var nothing = new List<Costs>();
        var ours = new List<Costs>();
        var plan = new List<Costs>();
        var star = new List<Costs>();
        for (var run = 1; run <= options.Runs; run++)
        {
            nothing.Add(await MeasureAsync(template, Contender.Nothing, ct));
            Say($"run {run}: no dual-write {nothing[^1]}");
            ours.Add(await MeasureAsync(template, Contender.Ours, ct));
            Say($"run {run}: ours, in sync {ours[^1]}");
            plan.Add(await MeasureAsync(template, Contender.Plan, ct));
            Say($"run {run}: the plan's {plan[^1]}");
            star.Add(await MeasureStarAsync(template, ct));
            Say($"run {run}: the star alone {star[^1].Near} a result, away {star[^1].Away}, over PostgREST {star[^1].Rest}");
        }

        return await new DualWriteReport(Console.Out).WriteAsync(server, options, nothing, ours, plan, star, ct);
    }

    private static void Say(string text) => Console.Error.WriteLine(text);

    private async Task<Costs> MeasureAsync(LegacyDatabase template, Contender contender, CancellationToken ct)
    {
        await using var database = await BenchmarkDatabase.CopyAsync(template, ct);
        switch (contender)
        {
            case Contender.Ours:
                await MigrationProcess.PrepareAsync(database.ConnectionString, Synced, ct);
                break;
            case Contender.Plan:
                await database.RunAsync("PlanSchema.sql", ct);
                await database.RunAsync("GiantInsert.sql", ct);
                break;
        }

        await database.SettleAsync(ct);
        await using var connection = await database.Source.OpenConnectionAsync(ct);
        var results = new Queue<ScoredResult>(await ScoredResult.CollectAsync(connection, options.AllResults, FirstId, ct));
        await Statement.ExecuteAsync(connection, BenchmarkSql.Read("CollectResults.sql"), ct, FirstBulkId, (long)options.BulkRows / RowsPerResult);
        var near = await ScoreAsync(connection, contender, Take, options.Results, ct);

        await using var distance = new Distance(database.ConnectionString, TimeSpan.FromMicroseconds(options.Distance));
        await using var further = BenchmarkDatabase.Prepared(distance.ConnectionString);
        await using var line = await further.OpenConnectionAsync(ct);
        var away = await ScoreAsync(line, contender, Take, options.ResultsAway, ct);
        var rest = _postgrest is null ? ResultCosts.None : await ScoreOverRestAsync(_postgrest, database.ConnectionString, contender, Take, ct);

        // Last: the notes it leaves would be drained by whoever writes next, on his way.
        var started = TimeProvider.System.GetTimestamp();
        await Statement.ExecuteAsync(connection, BenchmarkSql.Read("BulkInsert.sql"), ct, FirstBulkId, (long)options.BulkRows / RowsPerResult);
        var bulk = 1_000_000 * TimeProvider.System.GetElapsedTime(started).TotalSeconds / options.BulkRows;
        if (contender == Contender.Ours)
        {
            await RequireFollowedAsync(connection, options.AllResults - results.Count, ct);
        }

        return new Costs(near, away, rest, bulk, await RoundTripAsync(line, ct));

        List<ScoredResult> Take(int count) => [.. Enumerable.Range(0, count).Select(_ => results.Dequeue())];
    }

    private async Task<Costs> MeasureStarAsync(LegacyDatabase template, CancellationToken ct)
    {
        await using var database = await BenchmarkDatabase.CopyAsync(template, ct);
        await MigrationProcess.PrepareAsync(database.ConnectionString, Synced, ct);
        await StarWriter.ArchiveAsync(database.ConnectionString, ct);
        await database.SettleAsync(ct);
        await using var connection = await database.Source.OpenConnectionAsync(ct);
        var results = new Queue<ScoredResult>(await ScoredResult.CollectAsync(connection, options.AllResults, FirstId, ct));
        await using var pool = BenchmarkDatabase.Pooled(database.ConnectionString);
        var near = await AloneAsync(new StarWriter(pool).SaveAsync, options.Results);

        await using var distance = new Distance(database.ConnectionString, TimeSpan.FromMicroseconds(options.Distance));
        await using var further = BenchmarkDatabase.Pooled(distance.ConnectionString);
        var away = await AloneAsync(new StarWriter(further).SaveAsync, options.ResultsAway);
        var rest = ResultCosts.None;
        if (_postgrest is not null)
        {
            await using var writer = await RestWriter.StartAsync(_postgrest, database.ConnectionString, ct);
            rest = await AloneAsync(writer.SavePositionsAsync, options.ResultsOverRest);
        }

        await StarWriter.RequireStarOnlyAsync(connection, FirstId, options.AllResults - results.Count, ct);
        return new Costs(near, away, rest, 0, 0);

        async Task<ResultCosts> AloneAsync(Func<ScoredResult, CancellationToken, Task> save, int count) =>
            new(0, 0, (await ScoreAsync(save, null, null, Take, count, ct)).Save);

        List<ScoredResult> Take(int count) => [.. Enumerable.Range(0, count).Select(_ => results.Dequeue())];
    }

    private static Task<ResultCosts> ScoreAsync(NpgsqlConnection connection, Contender contender, Func<int, List<ScoredResult>> take, int count, CancellationToken ct)
    {
        var writer = new ApplicationWriter(connection);
        return ScoreAsync(writer.SaveAsync, contender == Contender.Plan ? new PlanDualWrite(connection).SaveAsync : null, writer.SaveSentimentAsync, take, count, ct);
    }

    private async Task<ResultCosts> ScoreOverRestAsync(string postgrest, string connectionString, Contender contender, Func<int, List<ScoredResult>> take, CancellationToken ct)
    {
        await using var writer = await RestWriter.StartAsync(postgrest, connectionString, ct);
        return await ScoreAsync(
            writer.SaveAsync, contender == Contender.Plan ? writer.SaveToNewSchemaAsync : null, writer.SaveSentimentAsync, take, options.ResultsOverRest, ct);
    }

    /// <summary>Some results to warm up, then as many as are measured.</summary>
    private static async Task<ResultCosts> ScoreAsync(
        Func<ScoredResult, CancellationToken, Task> write,
        Func<ScoredResult, CancellationToken, Task>? dual,
        Func<ScoredResult, CancellationToken, Task>? follow,
        Func<int, List<ScoredResult>> take,
        int count,
        CancellationToken ct)
    {
        var (save, sentiment, star) = (TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);
        foreach (var (result, measured) in take(DualWriteOptions.WarmUp).Select(result => (result, false)).Concat(take(count).Select(result => (result, true))))
        {
            var started = TimeProvider.System.GetTimestamp();
            await write(result, ct);
            var written = TimeProvider.System.GetTimestamp();
            if (dual is not null)
            {
                await dual(result, ct);
            }

            var saved = TimeProvider.System.GetTimestamp();
            if (follow is not null)
            {
                await follow(result, ct);
            }

            if (measured)
            {
                save += TimeProvider.System.GetElapsedTime(started, saved);
                star += TimeProvider.System.GetElapsedTime(written, saved);
                sentiment += TimeProvider.System.GetElapsedTime(saved);
            }
        }

        return new(save.TotalMilliseconds / count, sentiment.TotalMilliseconds / count, star.TotalMilliseconds / count);
    }

    /// <summary>Milliseconds of a statement that does nothing.</summary>
    private static async Task<double> RoundTripAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        const int Trips = 50;
        await Statement.SelectAsync(connection, "SELECT 1", ct);
        var started = TimeProvider.System.GetTimestamp();
        for (var trip = 0; trip < Trips; trip++)
        {
            await Statement.SelectAsync(connection, "SELECT 1", ct);
        }

        return TimeProvider.System.GetElapsedTime(started).TotalMilliseconds / Trips;
    }

    /// <summary>A dual-write that did nothing would be fast: the star must hold every scored result, and verification must find it right.</summary>
    private static async Task RequireFollowedAsync(NpgsqlConnection connection, int scored, CancellationToken ct)
    {
        var followed = await Statement.SelectAsync(connection, BenchmarkSql.Read("Followed.sql"), ct, FirstId, FirstBulkId);
        if (followed[0]["facts"] is not long facts || facts != scored || followed[0]["ok"] is not true)
        {
            throw new InvalidOperationException($"The star holds {followed[0]["facts"]} of {scored} scored results, verification ok: {followed[0]["ok"]}.");
        }
    }

    private enum Contender
    {
        Nothing,
        Ours,
        Plan,
    }
}
