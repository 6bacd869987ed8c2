using Evidently.Schema.Hosting.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Evidently.Schema.Hosting.Data;

/// <summary>
/// Copies history beside the runner, on sessions of their own that hold no runner lock, while migration 206 runs. The migration alone
/// always finishes the job: a worker that fails is a warning, and no worker outlives the runner.
/// </summary>
internal sealed class BackfillWorkers(SchemaSessions sessions, int count, ILogger logger) : IAsyncDisposable
{
    private const long CopyHistory = 206;

    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _working = [];

    /// <summary>Starts the workers when the runner begins to copy; called on the runner's thread.</summary>
    public void OnMigrating(long version)
    {
        if (version != CopyHistory || _working.Count > 0)
        {
            return;
        }

        for (var worker = 0; worker < count; worker++)
        {
            _working.Add(Task.Run(WorkAsync, CancellationToken.None));
        }
    }

    /// <summary>Stops what still works, and waits for it.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_working).ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task WorkAsync()
    {
        try
        {
            var connection = await sessions.OpenAsync(_stop.Token).ConfigureAwait(false);
            try
            {
                await ExecuteAsync(connection, Sql.WorkerSession).ConfigureAwait(false);
                await ExecuteAsync(connection, Sql.WorkBackfill).ConfigureAwait(false);
            }
            finally
            {
                await sessions.CloseAsync(connection).ConfigureAwait(false);
            }
        }
        catch (Exception) when (_stop.IsCancellationRequested)
        {
            // The runner has ended, one way or the other, and says how.
        }
        catch (Exception exception) when (SchemaErrors.From(exception, Phase.Backfill, "A worker of the backfill") is { } problem)
        {
            Log.WorkerFailed(logger, problem.Message);
        }
    }

    private async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await using (command.ConfigureAwait(false))
        {
            await command.ExecuteNonQueryAsync(_stop.Token).ConfigureAwait(false);
        }
    }
}
