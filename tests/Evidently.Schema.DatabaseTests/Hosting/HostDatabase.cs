using Evidently.Schema.Hosting;
using Evidently.Schema.Testing;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Hosting;

/// <summary>A database for one test, and what the tests of the host ask it.</summary>
internal sealed class HostDatabase : IAsyncDisposable
{
    private static readonly Lazy<Task<PostgresServer>> Started = new(() => PostgresServer.StartAsync());

    private readonly PostgresServer _server;

    private HostDatabase(PostgresServer server, string connectionString) => (_server, ConnectionString) = (server, connectionString);

    public static Task<PostgresServer> Server => Started.Value;

    public string ConnectionString { get; }

    public static async Task<HostDatabase> EmptyAsync()
    {
        var server = await Server;
        return new HostDatabase(server, await server.CreateDatabaseAsync());
    }

    public static Task<HostDatabase> LegacyAsync() => EmptyAsync();

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

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public async ValueTask DisposeAsync() => await _server.DropDatabaseAsync(ConnectionString);
}
