using Evidently.Schema.Hosting.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Evidently.Schema.Hosting.Data;

/// <summary>
/// Copies history when the runner comes to migration 206, and builds the star's spare indexes when it comes to 207, before their statements, on sessions of their
/// own that hold no runner lock. Copying is done a second at a time, so that it stops after a batch when it is cancelled. The migration's own statement then finds
/// all done, or does what is left: a worker that fails is a warning, and none outlives the runner.
/// </summary>
internal sealed class BackfillWorkers(SchemaSessions sessions, int count, TimeProvider time, ILogger logger, CancellationToken cancellationToken) : IAsyncDisposable
{
    private const long CopyHistory = 206;
    private const long AttachForeignKeys = 207;

    /// <summary>How long a batch may take to end before its statement is cancelled: it holds at most a second, a batch, and a lock it waits for.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(4);

    private readonly CancellationTokenSource _stop = new();

    /// <summary>Works, when the runner begins to; called on the runner's thread, which is its own and has nothing else to do.</summary>
    public void OnMigrating(long version)
    {
        Func<NpgsqlConnection, Task>? work = version switch
        {
            CopyHistory => CopyAsync,
            AttachForeignKeys => connection => ExecuteAsync(connection, Sql.WorkBuildIndexes),
            _ => null,
        };
        if (work is not null)
        {
            RunAsync(work).GetAwaiter().GetResult();
        }
    }

    public ValueTask DisposeAsync()
    {
        _stop.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task RunAsync(Func<NpgsqlConnection, Task> work)
    {
        using var asked = cancellationToken.Register(() => _ = StopSoonAsync());
        await Task.WhenAll(Enumerable.Range(0, count).Select(_ => Task.Run(() => WorkAsync(work), CancellationToken.None))).ConfigureAwait(false);
    }

    private async Task CopyAsync(NpgsqlConnection connection)
    {
        while (!cancellationToken.IsCancellationRequested && await ExecuteAsync(connection, Sql.Copied).ConfigureAwait(false) is not true)
        {
            await ExecuteAsync(connection, Sql.WorkBackfill).ConfigureAwait(false);
        }
    }

    private async Task StopSoonAsync()
    {
        await Task.Delay(Grace, time, CancellationToken.None).ConfigureAwait(false);
        try
        {
            await _stop.CancelAsync().ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // All have ended in time.
        }
    }

    private async Task WorkAsync(Func<NpgsqlConnection, Task> work)
    {
        try
        {
            var connection = await sessions.OpenAsync(_stop.Token).ConfigureAwait(false);
            try
            {
                await ExecuteAsync(connection, Sql.WorkerSession).ConfigureAwait(false);
                await work(connection).ConfigureAwait(false);
            }
            finally
            {
                await sessions.CloseAsync(connection).ConfigureAwait(false);
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // Its batch did not end in time, and is rolled back.
        }
        catch (Exception exception) when (SchemaErrors.From(exception, Phase.Backfill, "A worker of the backfill") is { } problem)
        {
            Log.WorkerFailed(logger, problem.Message);
        }
    }

    private async Task<object?> ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await using (command.ConfigureAwait(false))
        {
            return await command.ExecuteScalarAsync(_stop.Token).ConfigureAwait(false);
        }
    }
}
