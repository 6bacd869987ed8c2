using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.Benchmarks.Backfill;

/// <summary>A copy of the template for one contender, checkpointed and analyzed, dropped afterwards.</summary>
internal sealed class BenchmarkDatabase : IAsyncDisposable
{
    private readonly LegacyDatabase _legacy;

    private BenchmarkDatabase(LegacyDatabase legacy)
    {
        _legacy = legacy;
        Source = Prepared(legacy.ConnectionString);
        Unprepared = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(legacy.ConnectionString) { Pooling = false, CommandTimeout = 0 });
    }

    /// <summary>The owner's, unpooled; statements used twice are prepared.</summary>
    public NpgsqlDataSource Source { get; }

    /// <summary>The owner's, unpooled; as Npgsql sends statements unless told otherwise: unprepared.</summary>
    public NpgsqlDataSource Unprepared { get; }

    public string ConnectionString => _legacy.ConnectionString;

    public static NpgsqlDataSource Prepared(string connectionString) => NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connectionString)
    {
        Pooling = false,
        CommandTimeout = 0,
        MaxAutoPrepare = 20,
        AutoPrepareMinUsages = 2,
    });

    /// <summary>The same, pooled, for who opens a connection for each call.</summary>
    public static NpgsqlDataSource Pooled(string connectionString) =>
        NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(Prepared(connectionString).ConnectionString) { Pooling = true });

    public static async Task<BenchmarkDatabase> CopyAsync(LegacyDatabase template, CancellationToken ct) =>
        new(await template.CloneAsync(ct));

    /// <summary>The same start for everyone: statistics are there, and no checkpoint is due for what was done before.</summary>
    public async Task SettleAsync(CancellationToken ct)
    {
        await using var admin = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_legacy.AdminConnectionString) { Pooling = false, CommandTimeout = 0 });
        await using var analyze = admin.CreateCommand("ANALYZE");
        await analyze.ExecuteNonQueryAsync(ct);
        await using var checkpoint = admin.CreateCommand("CHECKPOINT");
        await checkpoint.ExecuteNonQueryAsync(ct);
    }

    /// <summary>Runs an embedded file and returns the seconds it took.</summary>
    public async Task<double> RunAsync(string file, CancellationToken ct)
    {
        await using var command = Source.CreateCommand(BenchmarkSql.Read(file));
        var started = TimeProvider.System.GetTimestamp();
        await command.ExecuteNonQueryAsync(ct);
        return TimeProvider.System.GetElapsedTime(started).TotalSeconds;
    }

    /// <summary>The one row of an embedded query.</summary>
    public async Task<T[]> RowAsync<T>(string file, CancellationToken ct)
    {
        await using var command = Source.CreateCommand(BenchmarkSql.Read(file));
        await using var reader = await command.ExecuteReaderAsync(ct);
        await reader.ReadAsync(ct);
        return [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetFieldValue<T>)];
    }

    public async ValueTask DisposeAsync()
    {
        await Source.DisposeAsync();
        await Unprepared.DisposeAsync();
        await _legacy.DisposeAsync();
    }
}
