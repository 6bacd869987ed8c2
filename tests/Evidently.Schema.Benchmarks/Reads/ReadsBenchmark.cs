using Evidently.Schema.Benchmarks.Backfill;
using Evidently.Schema.Hosting;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.Benchmarks.Reads;

/// <summary>
/// The pages end to end at the client, on one database in phase 4: as the application reads them today, and through the router at 0 and at 100 percent, in turn,
/// over Npgsql, and over PostgREST where there is one.
/// </summary>
internal sealed class ReadsBenchmark(ReadsOptions options)
{
    private readonly string? _postgrest = PostgRestServer.FindBinary();

    /// <summary>Prints everything, and returns what it is judged by.</summary>
    public async Task<IReadOnlyList<Target>> RunAsync(CancellationToken ct)
    {
        await using var server = await PostgresServer.StartAsync(new PostgresServerOptions { Settings = BackfillBenchmark.Settings }, ct);
        var report = new ReadsReport(Console.Out);
        await report.WriteGroundAsync(server, options, _postgrest is not null, ct);
        var figures = new List<ReadsFigures>();
        foreach (var rows in options.Rows)
        {
            BackfillBenchmark.RequireDisk(server, rows);
            figures.Add(await MeasureAsync(server, rows, ct));
            report.WritePages(figures[^1]);
        }

        return report.WriteDashboard(figures, options);
    }

    private static void Say(string text) => Console.Error.WriteLine(text);

    private async Task<ReadsFigures> MeasureAsync(PostgresServer server, int rows, CancellationToken ct)
    {
        Say($"{rows:N0} rows: building the legacy database …");
        await using var legacy = await LegacyDatabase.CreateAsync(server, ct: ct);
        var fill = new LegacyFill
        {
            Results = rows / BackfillOptions.RowsPerResult,
            AnswerLength = BackfillOptions.AnswerLength(rows),
            Brands = options.BrandsOf(rows),
            QueriesPerBrand = options.BrandsOf(rows),
            Days = ReadsOptions.Days,
        };
        await legacy.FillAsync(fill, ct);
        Say($"{rows:N0} rows: migrating …");
        await MigrateAsync(legacy, ct);

        var ranges = await SettleAsync(legacy, fill, ct);
        var scans = await StarScansAsync(legacy, ct);
        var figures = await MeasureAsync(legacy, rows, ranges, ct);
        return figures with { StarScans = await StarScansAsync(legacy, ct) - scans };
    }

    private async Task<ReadsFigures> MeasureAsync(LegacyDatabase legacy, int rows, List<PageRange> ranges, CancellationToken ct)
    {
        await using var source = Pool(legacy);
        await using var rest = _postgrest is null
            ? null
            : await PostgRestClient.StartAsync(_postgrest, legacy.ConnectionString, new NpgsqlConnectionStringBuilder(legacy.ConnectionString).Username!, ct);
        Client[] clients = rest is null ? [new NpgsqlClient(source)] : [new NpgsqlClient(source), rest];
        var turns = new ReadsTurns(source, legacy.ConnectionString, clients, ranges);
        Say($"{rows:N0} rows: warming up …");
        await turns.WarmUpAsync(ct);
        Say($"{rows:N0} rows: measuring …");
        return new ReadsFigures
        {
            Rows = rows,
            Brands = options.BrandsOf(rows),
            Results = ranges.Average(range => range.Results.Length),
            Plan = await turns.PlanAsync(options.Runs, ct),
            Pages = await turns.PagesAsync(options.Runs, ct),
            First = await turns.FirstAsync(ct),
        };
    }

    /// <summary>As a host's pool is: statements used twice are prepared.</summary>
    private static NpgsqlDataSource Pool(LegacyDatabase legacy) => NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(legacy.ConnectionString)
    {
        CommandTimeout = 0,
        MaxAutoPrepare = 50,
        AutoPrepareMinUsages = 2,
    });

    private static NpgsqlDataSource Admin(LegacyDatabase legacy) =>
        NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(legacy.AdminConnectionString) { Pooling = false, CommandTimeout = 0 });

    /// <summary>How often tables of the star were read from end to end until now, by whomever; waits for the sessions of others to end.</summary>
    private static async Task<long> StarScansAsync(LegacyDatabase legacy, CancellationToken ct)
    {
        await using var admin = Admin(legacy);
        while (true)
        {
            await using var command = admin.CreateCommand(BenchmarkSql.Read("StarScans.sql"));
            if (await command.ExecuteScalarAsync(ct) is long scans)
            {
                return scans;
            }

            await Task.Delay(TimeSpan.FromMilliseconds(100), ct);
        }
    }

    private static async Task MigrateAsync(LegacyDatabase legacy, CancellationToken ct)
    {
        await using var migrator = SchemaMigrator.Create(new SchemaOptions { ConnectionString = legacy.ConnectionString });
        await migrator.MigrateAsync(Phase.Reads, ct);
        if (await migrator.VerifyAsync(ct) is { Ok: false })
        {
            throw new InvalidOperationException("Migrated to phase 4, but verification does not find the star right.");
        }
    }

    private static async Task<List<PageRange>> RangesAsync(NpgsqlDataSource source, LegacyFill fill, CancellationToken ct)
    {
        var (from, to) = (fill.From.UtcDateTime.AddDays(fill.Days - ReadsOptions.DaysRead), fill.From.UtcDateTime.AddDays(fill.Days + 1));
        await using var command = source.CreateCommand(BenchmarkSql.Read("BrandsToRead.sql"));
        command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = from }, new() { Value = to }, new() { Value = ReadsOptions.BrandsRead } });
        await using var reader = await command.ExecuteReaderAsync(ct);
        var ranges = new List<PageRange>();
        while (await reader.ReadAsync(ct))
        {
            ranges.Add(new()
            {
                Brand = reader.GetGuid(0),
                Customer = reader.GetGuid(1),
                From = from,
                To = to,
                Results = reader.GetFieldValue<long[]>(2),
                Prompts = reader.GetFieldValue<Guid[]>(3),
            });
        }

        return ranges;
    }

    /// <summary>As on any afternoon: statistics are there, nothing is due for what was done before, and each brand's today is not in the daily view yet. Returns the ranges to read.</summary>
    private static async Task<List<PageRange>> SettleAsync(LegacyDatabase legacy, LegacyFill fill, CancellationToken ct)
    {
        await using var admin = Admin(legacy);
        foreach (var statement in (string[])["VACUUM (ANALYZE)", "CHECKPOINT"])
        {
            await using var command = admin.CreateCommand(statement);
            await command.ExecuteNonQueryAsync(ct);
        }

        await using var source = Pool(legacy);
        var ranges = await RangesAsync(source, fill, ct);
        foreach (var range in ranges)
        {
            await using var touch = source.CreateCommand(BenchmarkSql.Read("Touch.sql"));
            touch.Parameters.Add(new() { Value = range.Brand });
            await touch.ExecuteNonQueryAsync(ct);
        }

        return ranges;
    }
}
