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
            Say($"run {run}: the star alone {star[^1].Star:N2} ms a result, away {star[^1].FarStar:N2}");
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
        await ScoreAsync(connection, contender, Take(DualWriteOptions.WarmUp), ct);
        var (save, sentiment, star) = await ScoreAsync(connection, contender, Take(options.Results), ct);

        await using var distance = new Distance(database.ConnectionString, TimeSpan.FromMicroseconds(options.Distance));
        await using var away = BenchmarkDatabase.Prepared(distance.ConnectionString);
        await using var line = await away.OpenConnectionAsync(ct);
        await ScoreAsync(line, contender, Take(DualWriteOptions.WarmUp), ct);
        var (farSave, farSentiment, farStar) = await ScoreAsync(line, contender, Take(options.ResultsAway), ct);

        // Last: the notes it leaves would be drained by whoever writes next, on his way.
        var started = TimeProvider.System.GetTimestamp();
        await Statement.ExecuteAsync(connection, BenchmarkSql.Read("BulkInsert.sql"), ct, FirstBulkId, (long)options.BulkRows / RowsPerResult);
        var bulk = 1_000_000 * TimeProvider.System.GetElapsedTime(started).TotalSeconds / options.BulkRows;
        if (contender == Contender.Ours)
        {
            await RequireFollowedAsync(connection, ct);
        }

        return new Costs(save, sentiment, bulk, farSave, farSentiment, await RoundTripAsync(line, ct), star, farStar);

        List<ScoredResult> Take(int count) => [.. Enumerable.Range(0, count).Select(_ => results.Dequeue())];
    }

    private async Task<Costs> MeasureStarAsync(LegacyDatabase template, CancellationToken ct)
    {
        await using var database = await BenchmarkDatabase.CopyAsync(template, ct);
        await MigrationProcess.PrepareAsync(database.ConnectionString, Synced, ct);
        await StarWriter.ArchiveAsync(database.ConnectionString, ct);
        await database.SettleAsync(ct);
        await using var connection = await database.Source.OpenConnectionAsync(ct);
        var results = (await ScoredResult.CollectAsync(connection, options.AllResults, FirstId, ct)).ToList();
        await using var pool = BenchmarkDatabase.Pooled(database.ConnectionString);
        await new StarWriter(pool).SaveAsync(results[..DualWriteOptions.WarmUp], ct);
        var near = await new StarWriter(pool).SaveAsync(results[DualWriteOptions.WarmUp..(DualWriteOptions.WarmUp + options.Results)], ct);

        await using var distance = new Distance(database.ConnectionString, TimeSpan.FromMicroseconds(options.Distance));
        await using var away = BenchmarkDatabase.Pooled(distance.ConnectionString);
        var rest = results[(DualWriteOptions.WarmUp + options.Results)..];
        await new StarWriter(away).SaveAsync(rest[..DualWriteOptions.WarmUp], ct);
        var far = await new StarWriter(away).SaveAsync(rest[DualWriteOptions.WarmUp..], ct);
        await StarWriter.RequireStarOnlyAsync(connection, FirstId, options.AllResults, ct);
        return new Costs(0, 0, 0, 0, 0, 0, near, far);
    }

    /// <summary>Milliseconds a result, for saving it, for its sentiment, and, within saving it, for what the plan's writer does on the star.</summary>
    private static async Task<(double Save, double Sentiment, double Star)> ScoreAsync(NpgsqlConnection connection, Contender contender, List<ScoredResult> results, CancellationToken ct)
    {
        var writer = new ApplicationWriter(connection);
        var dual = contender == Contender.Plan ? new PlanDualWrite(connection) : null;
        var (save, sentiment, star) = (TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);
        foreach (var result in results)
        {
            var started = TimeProvider.System.GetTimestamp();
            await writer.SaveAsync(result, ct);
            if (dual is not null)
            {
                var begun = TimeProvider.System.GetTimestamp();
                await dual.SaveAsync(result, ct);
                star += TimeProvider.System.GetElapsedTime(begun);
            }

            var saved = TimeProvider.System.GetTimestamp();
            await writer.SaveSentimentAsync(result, ct);
            save += TimeProvider.System.GetElapsedTime(started, saved);
            sentiment += TimeProvider.System.GetElapsedTime(saved);
        }

        return (save.TotalMilliseconds / results.Count, sentiment.TotalMilliseconds / results.Count, star.TotalMilliseconds / results.Count);
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
    private async Task RequireFollowedAsync(NpgsqlConnection connection, CancellationToken ct)
    {
        var followed = await Statement.SelectAsync(connection, BenchmarkSql.Read("Followed.sql"), ct, FirstId, FirstBulkId);
        if (followed[0]["facts"] is not long facts || facts != options.AllResults || followed[0]["ok"] is not true)
        {
            throw new InvalidOperationException($"The star holds {followed[0]["facts"]} of {options.AllResults} scored results, verification ok: {followed[0]["ok"]}.");
        }
    }

    private enum Contender
    {
        Nothing,
        Ours,
        Plan,
    }
}

/// <summary>Milliseconds a result for saving it and for its sentiment; microseconds a row in bulk; the first two again at a distance, and its round trip; milliseconds for writing
/// the star alone, near and away.</summary>
internal sealed record Costs(double Save, double Sentiment, double Bulk, double FarSave, double FarSentiment, double RoundTrip, double Star, double FarStar)
{
    public override string ToString() =>
        $"{Save:N2} ms a result saved, {Sentiment:N2} ms its sentiment, {Bulk:N1} µs a row in bulk; at {RoundTrip:N2} ms {FarSave:N2} and {FarSentiment:N2} ms";
}
