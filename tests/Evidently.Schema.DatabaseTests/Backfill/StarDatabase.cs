using Evidently.Schema.DatabaseTests.Oracle;
using Evidently.Schema.Hosting;
using Evidently.Schema.Testing;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>A migrated database of the test's own, worked on as the role that owns the tables, which is no superuser.</summary>
internal sealed class StarDatabase : IAsyncDisposable
{
    /// <summary>A few results, ids 1 to 16, of two brands.</summary>
    public static readonly LegacyFill Few = new() { Results = 16, Brands = 2, Customers = 2, QueriesPerBrand = 2, CompetitorsPerBrand = 2, AnswerLength = 10, Days = 4 };

    private readonly LegacyDatabase _legacy;

    private StarDatabase(LegacyDatabase legacy) => _legacy = legacy;

    public string ConnectionString => _legacy.ConnectionString;

    public string AdminConnectionString => _legacy.AdminConnectionString;

    public static async Task<StarDatabase> CreateAsync(long version, LegacyVariant? variant = null, LegacyFill? fill = null)
    {
        variant ??= new LegacyVariant();
        return new(version == 0
            ? await TestServer.CreateLegacyAsync(variant, fill ?? Few)
            : await StarTemplates.CloneAsync(variant, fill ?? Few, version));
    }

    public static StarDatabase Of(LegacyDatabase legacy) => new(legacy);

    public Task<Session> OpenAsync(string? setUp = null) => Session.OpenAsync(ConnectionString, setUp);

    public Task<int> ExecuteAsync(string sql) => Sql.ExecuteAsync(ConnectionString, sql);

    public Task<T?> ScalarAsync<T>(string sql) => Sql.ScalarAsync<T>(ConnectionString, sql);

    public async Task<List<string>> ListAsync(string sql)
    {
        await using var session = await OpenAsync();
        return await session.ListAsync(sql);
    }

    public SchemaMigrator Migrator(string? settings = null)
    {
        var connectionString = settings is null ? ConnectionString : $"{ConnectionString};Options={settings}";
        return SchemaMigrator.Create(new SchemaOptions { ConnectionString = connectionString });
    }

    public async Task MigrateAsync(Phase to, string? settings = null)
    {
        await using var migrator = Migrator(settings);
        await migrator.MigrateAsync(to);
    }

    public async Task RollbackAsync(Phase to, string? settings = null)
    {
        await using var migrator = Migrator(settings);
        await migrator.RollbackAsync(to);
    }

    /// <summary>Drains all notes and refreshes the daily view.</summary>
    public async Task DrainAsync()
    {
        await ExecuteAsync("CALL evidently_schema.drain(30)");
        Assert.That(await ListAsync("SELECT concat_ws(' ', kind, key, collector_result_id, attempts, last_error) FROM evidently_schema.change_notes"), Is.Empty, "notes left");
        await ExecuteAsync("SELECT public.refresh_mv_brand_daily_metrics()");
    }

    /// <summary>How the star differs from the one its legacy rows describe, or nothing.</summary>
    public async Task<string> DifferencesAsync(IEnumerable<long>? refusedByInsert = null)
    {
        await using var session = await OpenAsync();
        var (legacy, actual) = await OneSnapshot.RunAsync(
            session.Connection,
            async (connection, token) =>
                (await LegacySnapshot.ReadInTransactionAsync(connection, token), await ActualStar.ReadInTransactionAsync(connection, token)),
            CancellationToken.None);
        return StarComparison.Differences(ExpectedStar.From(legacy, refusedByInsert), actual.Tables);
    }

    public async Task AssertStarAsync() => Assert.That(await DifferencesAsync(), Is.Empty, "the star is not the one its legacy rows describe");

    /// <summary>Drains, and asserts that the star is right with the guard and wrong without it.</summary>
    public async Task AssertDrainedAsync(bool guarded)
    {
        await DrainAsync();
        var differences = await DifferencesAsync();
        Assert.That(differences, guarded ? Is.Empty : Is.Not.Empty, guarded ? "the star is wrong" : "the test does not see the guard missing");
    }

    public ValueTask DisposeAsync() => _legacy.DisposeAsync();
}
