using Npgsql;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>One backend of its own, to be held at a moment and watched from outside.</summary>
internal sealed class Session : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;

    private Session(NpgsqlConnection connection) => _connection = connection;

    public NpgsqlConnection Connection => _connection;

    public int Pid => _connection.ProcessID;

    public static async Task<Session> OpenAsync(string connectionString, string? setUp = null)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false, CommandTimeout = 180 }.ConnectionString);
        await connection.OpenAsync();
        var session = new Session(connection);
        if (setUp is not null)
        {
            await session.ExecuteAsync(setUp);
        }

        return session;
    }

    public async Task<int> ExecuteAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        return await command.ExecuteNonQueryAsync();
    }

    public async Task<T?> ScalarAsync<T>(string sql)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        return await command.ExecuteScalarAsync() is T value ? value : default;
    }

    /// <summary>The first column of every row, as text.</summary>
    public async Task<List<string>> ListAsync(string sql)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        await using var reader = await command.ExecuteReaderAsync();
        var list = new List<string>();
        while (await reader.ReadAsync())
        {
            list.Add(await reader.IsDBNullAsync(0) ? string.Empty : reader.GetValue(0).ToString()!);
        }

        return list;
    }

    /// <summary>Runs a statement elsewhere and returns once it waits for a lock: it stands at the critical moment.</summary>
    /// <param name="database">Where.</param>
    /// <param name="sql">The statement.</param>
    /// <param name="seconds">Returns only when one and the same wait has lasted so long: what gives up after milliseconds never gets there.</param>
    public async Task<Task> StartsWaitingAsync(StarDatabase database, string sql, int seconds = 0)
    {
        var running = ExecuteAsync(sql);
        await Eventually.Holds(
            async () => running.IsCompleted || await database.ScalarAsync<bool>(
                $"SELECT EXISTS (SELECT FROM pg_locks WHERE pid = {Pid} AND NOT granted AND coalesce(waitstart, clock_timestamp()) <= clock_timestamp() - interval '{seconds} seconds')"),
            $"{sql} waits for a lock");
        if (running.IsCompleted)
        {
            await running;
            Assert.Fail($"It should wait: {sql}");
        }

        return running;
    }

    public async ValueTask DisposeAsync() => await _connection.DisposeAsync();
}
