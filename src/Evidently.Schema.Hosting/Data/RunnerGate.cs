using System.Globalization;
using Evidently.Schema.Hosting.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Evidently.Schema.Hosting.Data;

/// <summary>
/// One runner at a time: a session's advisory lock on a connection of its own, held from before FluentMigrator reads its pending list
/// (it makes its version table before any migration of ours can take a lock) until the runner has returned, failed or not. It polls: a
/// session that waits in <c>pg_advisory_lock</c> deadlocks with the other's CREATE INDEX CONCURRENTLY.
/// </summary>
internal sealed class RunnerGate : IAsyncDisposable
{
    private const int PollMilliseconds = 100;

    private readonly SchemaSessions _sessions;
    private readonly NpgsqlConnection _connection;

    private RunnerGate(SchemaSessions sessions, NpgsqlConnection connection) => (_sessions, _connection) = (sessions, connection);

    public static async Task<RunnerGate> EnterAsync(SchemaSessions sessions, TimeSpan timeout, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        var connection = await sessions.OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var started = time.GetTimestamp();
            for (var tries = 0; !await TryEnterAsync(connection, cancellationToken).ConfigureAwait(false); tries++)
            {
                if (time.GetElapsedTime(started) >= timeout)
                {
                    throw SchemaErrors.RunnerBusy(timeout, await HolderAsync(connection, cancellationToken).ConfigureAwait(false));
                }

                if (tries == 0)
                {
                    Log.WaitingForRunner(logger, timeout);
                }

                await Task.Delay(Jittered(), time, cancellationToken).ConfigureAwait(false);
            }

            Log.RunnerEntered(logger, time.GetElapsedTime(started));
            return new RunnerGate(sessions, connection);
        }
        catch (NpgsqlException exception)
        {
            await sessions.CloseAsync(connection).ConfigureAwait(false);
            throw SchemaErrors.From(exception, Phase.None, "Waiting for other runners")!;
        }
        catch
        {
            await sessions.CloseAsync(connection).ConfigureAwait(false);
            throw;
        }
    }

    public ValueTask DisposeAsync() => _sessions.CloseAsync(_connection);

    private static async Task<bool> TryEnterAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(Sql.TryEnter, connection);
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is true;
        }
    }

    private static async Task<string> HolderAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(Sql.OtherRunner, connection);
        await using (command.ConfigureAwait(false))
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                return await reader.ReadAsync(cancellationToken).ConfigureAwait(false)
                    ? string.Create(CultureInfo.InvariantCulture, $"backend {reader.GetInt32(0)}, application \"{reader.GetString(1)}\", user \"{reader.GetString(2)}\"")
                    : "its backend has just ended";
            }
        }
    }

    // Spread, so that many waiting hosts do not ask in step.
    private static TimeSpan Jittered() => TimeSpan.FromMilliseconds(PollMilliseconds / 2 + Random.Shared.Next(PollMilliseconds));
}
