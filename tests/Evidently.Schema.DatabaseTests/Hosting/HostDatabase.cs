using Evidently.Schema.Hosting;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Hosting;

/// <summary>A database for one test, and what the tests of the hosts ask it.</summary>
internal sealed class HostDatabase : IAsyncDisposable
{
    private readonly LegacyDatabase? _legacy;

    private HostDatabase(LegacyDatabase? legacy, string connectionString, string adminConnectionString) =>
        (_legacy, ConnectionString, AdminConnectionString) = (legacy, connectionString, adminConnectionString);

    /// <summary>The way in of the role that owns the tables, no superuser; an empty database has only the superuser's.</summary>
    public string ConnectionString { get; }

    public string AdminConnectionString { get; }

    public static async Task<HostDatabase> EmptyAsync()
    {
        var connectionString = await TestServer.Server.CreateDatabaseAsync();
        return new HostDatabase(legacy: null, connectionString, connectionString);
    }

    public static async Task<HostDatabase> LegacyAsync(int results = 0)
    {
        var legacy = await TestServer.CreateLegacyAsync(fill: results == 0 ? null : new LegacyFill { Results = results });
        return new HostDatabase(legacy, legacy.ConnectionString, legacy.AdminConnectionString);
    }

    public SchemaMigrator Migrator(Action<SchemaOptions>? configure = null)
    {
        var options = new SchemaOptions { ConnectionString = ConnectionString };
        configure?.Invoke(options);
        return SchemaMigrator.Create(options);
    }

    public async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(ConnectionString) { Pooling = false }.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    public async Task<T> ScalarAsync<T>(string sql) => (await Sql.ScalarAsync<T>(ConnectionString, sql))!;

    public Task ExecuteAsync(string sql) => Sql.ExecuteAsync(ConnectionString, sql);

    public async ValueTask DisposeAsync()
    {
        if (_legacy is null)
        {
            await TestServer.Server.DropDatabaseAsync(ConnectionString);
        }
        else
        {
            await _legacy.DisposeAsync();
        }
    }
}
