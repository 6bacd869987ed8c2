using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.Benchmarks.Backfill;

/// <summary>Our backfill, one giant INSERT … SELECT and the plan's script, on copies of the same database on one server.</summary>
internal sealed class BackfillBenchmark(BackfillOptions options)
{
    /// <summary>The last version before M205_DetachForeignKeys, where the measured span begins.</summary>
    private const long BeforeCopy = 204;

    /// <summary>Above this the contenders other than ours are left out: their rate is known by then.</summary>
    private const int MostContested = 1_000_000;

    public static readonly Dictionary<string, string> Settings = new(StringComparer.Ordinal)
    {
        ["fsync"] = "on",
        ["full_page_writes"] = "on",
        ["synchronous_commit"] = "on",
        ["max_wal_size"] = "4GB",
        ["shared_buffers"] = "1GB",
    };

    private readonly string? _postgrest = PostgRestServer.FindBinary();

    /// <summary>Prints everything, and returns what it is judged by.</summary>
    public async Task<IReadOnlyList<Target>> RunAsync(CancellationToken ct)
    {
        await using var server = await PostgresServer.StartAsync(new PostgresServerOptions { Settings = Settings }, ct);
        await new Report(Console.Out).WriteGroundAsync(server, options, ct);
        var figures = new List<BackfillFigures>();
        foreach (var rows in options.Rows)
        {
            RequireDisk(server, rows);
            figures.Add(await MeasureAsync(server, rows, ct));
        }

        return new Report(Console.Out).Write(figures);
    }

    public static void RequireDisk(PostgresServer server, int rows)
    {
        const int BytesPerRow = 2_000;
        const long WriteAheadLog = 5L << 30;

        // Template and copy, each with its answers seven times a result.
        var needed = WriteAheadLog + (2L * rows * (BytesPerRow + (BackfillOptions.AnswerLength(rows) * 7 / BackfillOptions.RowsPerResult)));
        if (server.Folder is { } folder && new DriveInfo(folder).AvailableFreeSpace is var free && free < needed)
        {
            throw new IOException($"{rows:N0} rows need about {needed >> 30} GB of disk space where {folder} is, and {free >> 30} GB are free: set TMPDIR, or --rows.");
        }
    }

    private static void Say(string text) => Console.Error.WriteLine(text);

    private async Task<BackfillFigures> MeasureAsync(PostgresServer server, int rows, CancellationToken ct)
    {
        Say($"{rows:N0} rows: building the legacy database …");
        await using var template = await LegacyDatabase.CreateAsync(server, ct: ct);
        await template.FillAsync(new LegacyFill { Results = rows / BackfillOptions.RowsPerResult, AnswerLength = BackfillOptions.AnswerLength(rows) }, ct);

        var scriptResults = options.ScriptResults == 0 ? rows / BackfillOptions.RowsPerResult : Math.Min(options.ScriptResults, rows / BackfillOptions.RowsPerResult);
        var ours = new List<OurRun>();
        var giant = new List<double>();
        var script = new List<ScriptRun>();
        for (var run = 1; run <= options.Runs; run++)
        {
            // In turn, so that whatever else the machine does meets them all.
            ours.Add(await RunOursAsync(template, rows, ct));
            Say($"{rows:N0} rows, run {run}: ours {ours[^1].Seconds:N1} s, verify {ours[^1].Verify:N1} s, comparing alone {ours[^1].CompareRaw:N1} s");
            if (rows <= MostContested)
            {
                giant.Add(await RunGiantAsync(template, ours[^1].StarRows, ct));
                Say($"{rows:N0} rows, run {run}: giant INSERT … SELECT {giant[^1]:N1} s");
                script.Add(await RunScriptAsync(template, scriptResults, rows / BackfillOptions.RowsPerResult, ct));
                Say($"{rows:N0} rows, run {run}: the plan's script {script[^1].Rate:N0} rows/s, prepared and without its pauses {script[^1].RateInItsFavour:N0}, over PostgREST {script[^1].RateOverRest:N0}");
            }
        }

        return new BackfillFigures
        {
            Rows = rows,
            Ours = new Sample([.. ours.Select(run => run.Seconds)]),
            PureCopy = new Sample([.. ours.Select(run => run.PureCopy)]),
            Verify = new Sample([.. ours.Select(run => run.Verify)]),
            CompareRaw = new Sample([.. ours.Select(run => run.CompareRaw)]),
            PeakWorkingSet = new Sample([.. ours.Select(run => (double)run.PeakWorkingSet)]),
            ManagedHeap = new Sample([.. ours.Select(run => (double)run.ManagedHeap)]),
            Giant = giant.Count == 0 ? null : new Sample(giant),
            ScriptRate = script.Count == 0 ? null : new Sample([.. script.Select(run => run.Rate)]),
            ScriptRateInItsFavour = script.Count == 0 ? null : new Sample([.. script.Select(run => run.RateInItsFavour)]),
            ScriptRateOverRest = script.Count == 0 || _postgrest is null ? null : new Sample([.. script.Select(run => run.RateOverRest)]),
            ScriptResults = scriptResults,
            StarRows = ours[^1].StarRows.Sum(),
            Sizes = ours[^1].Sizes,
        };
    }

    private async Task<OurRun> RunOursAsync(LegacyDatabase template, int rows, CancellationToken ct)
    {
        await using var database = await BenchmarkDatabase.CopyAsync(template, ct);
        var copy = await MigrationProcess.BackfillAsync(database.ConnectionString, options.Workers, BeforeCopy, () => database.SettleAsync(ct), ct);
        var pure = (await database.RowAsync<double>("PureCopy.sql", ct))[0];
        var verify = await database.RunAsync("Verify.sql", ct);
        if ((await database.RowAsync<int>("Verify.sql", ct))[0] != 1)
        {
            throw new InvalidOperationException("The backfill was measured, but verification does not find it right.");
        }

        var raw = await database.RunAsync("CompareRaw.sql", ct);
        if ((await database.RowAsync<long>("CompareRaw.sql", ct))[0] != rows / BackfillOptions.RowsPerResult * BackfillOptions.RowsPerResult)
        {
            throw new InvalidOperationException("The rows were compared, but not all of them found in the star: what was measured is not a comparison of clean rows.");
        }

        return new OurRun(
            copy.Seconds, pure, verify, raw, copy.PeakWorkingSet, copy.ManagedHeap, await database.RowAsync<long>("StarRows.sql", ct), await database.RowAsync<long>("StarSizes.sql", ct));
    }

    private static async Task<double> RunGiantAsync(LegacyDatabase template, long[] starRows, CancellationToken ct)
    {
        await using var database = await BenchmarkDatabase.CopyAsync(template, ct);
        await database.RunAsync("PlanSchema.sql", ct);
        await database.SettleAsync(ct);
        var seconds = await database.RunAsync("GiantInsert.sql", ct);
        var made = await database.RowAsync<long>("StarRows.sql", ct);
        return made.SequenceEqual(starRows)
            ? seconds
            : throw new InvalidOperationException($"INSERT … SELECT made {string.Join(", ", made)} rows, ours {string.Join(", ", starRows)}: not the same work.");
    }

    private async Task<ScriptRun> RunScriptAsync(LegacyDatabase template, int results, int total, CancellationToken ct)
    {
        var asWritten = await RunAsync(async database => await NpgsqlPlanDatabase.OpenAsync(database.Unprepared, ct));
        var inItsFavour = await RunAsync(async database => await NpgsqlPlanDatabase.OpenAsync(database.Source, ct));
        var overRest = _postgrest is null ? default : await RunAsync(async database => await RestPlanDatabase.StartAsync(_postgrest, database.ConnectionString, ct));
        return new ScriptRun(asWritten.Rows / asWritten.Seconds, inItsFavour.Rows / inItsFavour.WithoutPauses, overRest.Rows / overRest.Seconds);

        async Task<(int Rows, double Seconds, double WithoutPauses)> RunAsync(Func<BenchmarkDatabase, Task<PlanDatabase>> open)
        {
            await using var database = await BenchmarkDatabase.CopyAsync(template, ct);
            await database.RunAsync("PlanSchema.sql", ct);
            await database.SettleAsync(ct);
            await using var opened = await open(database);
            return await new PlanScript(opened, results, total).RunAsync(ct);
        }
    }

    /// <summary>Legacy rows per second: as the plan wrote it, with statements prepared and no pauses, and as written over PostgREST.</summary>
    private sealed record ScriptRun(double Rate, double RateInItsFavour, double RateOverRest);

    private sealed record OurRun(
        double Seconds, double PureCopy, double Verify, double CompareRaw, long PeakWorkingSet, long ManagedHeap, long[] StarRows, IReadOnlyList<long> Sizes);
}
