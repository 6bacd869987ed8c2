using Evidently.Schema.Hosting.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Evidently.Schema.Hosting.Data;

/// <summary>
/// Says which of any number of hosts works: a row that its holder renews, by the server's clock. It needs no session, so it holds through a
/// pooler in transaction mode, and a killed host's runs out within <c>duration</c>. Of two hosts that both believe to hold it, because one
/// was stopped for longer than that, the runner's own lock lets one work.
/// </summary>
internal sealed class Lease(Func<NpgsqlDataSource> dataSource, string name, TimeSpan duration, TimeProvider time, ILogger logger)
{
    private bool _table;

    /// <summary>This host, so that an operator finds it.</summary>
    public string Holder { get; } = $"{Environment.MachineName}/{Environment.ProcessId}/{Guid.NewGuid():N}"[..Math.Min(63, Environment.MachineName.Length + 20)];

    /// <summary>How often it is renewed.</summary>
    private TimeSpan Beat => duration / 4;

    /// <summary>Takes or renews it; false when another host has it.</summary>
    public async Task<bool> TryTakeAsync(CancellationToken cancellationToken)
    {
        if (!_table)
        {
            await ExecuteAsync(Sql.LeaseTable, [], cancellationToken).ConfigureAwait(false);
            _table = true;
        }

        try
        {
            return await ExecuteAsync(Sql.LeaseTake, [name, Holder, duration.TotalSeconds], cancellationToken).ConfigureAwait(false) is true;
        }
        catch (PostgresException exception) when (exception.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            _table = false; // rolled back meanwhile
            return false;
        }
    }

    /// <summary>Gives it back, so that the next host need not wait for its end. Never throws.</summary>
    public async Task ReleaseAsync()
    {
        try
        {
            // None: a host that stops gives it back, above all.
            await ExecuteAsync(Sql.LeaseRelease, [name, Holder], CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is NpgsqlException or ObjectDisposedException)
        {
            Log.LeaseNotReleased(logger, name, duration, exception);
        }
    }

    /// <summary>Runs <paramref name="work"/> and renews the lease meanwhile. When it is lost, <paramref name="work"/> is cancelled before another host can have it.</summary>
    /// <exception cref="OperationCanceledException">It was lost, or the caller cancelled.</exception>
    public async Task HoldWhileAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        using var held = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var ended = new CancellationTokenSource();
        var renewing = RenewAsync(held, ended.Token);
        try
        {
            await work(held.Token).ConfigureAwait(false);
        }
        finally
        {
            await ended.CancelAsync().ConfigureAwait(false);
            await renewing.ConfigureAwait(false);
        }
    }

    private async Task RenewAsync(CancellationTokenSource held, CancellationToken ended)
    {
        var renewed = time.GetTimestamp();
        while (!ended.IsCancellationRequested)
        {
            await Task.Delay(Beat, time, ended).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var asked = time.GetTimestamp();
            try
            {
                if (ended.IsCancellationRequested || await TryTakeAsync(ended).ConfigureAwait(false))
                {
                    renewed = asked;
                    continue;
                }

                Log.LeaseLost(logger, name);
                await held.CancelAsync().ConfigureAwait(false);
                return;
            }
            catch (Exception) when (ended.IsCancellationRequested)
            {
                return;
            }
            catch (NpgsqlException)
            {
                // The server may come back in time; what works has a connection of its own and notices, too.
                if (time.GetElapsedTime(renewed) > duration - Beat)
                {
                    Log.LeaseLost(logger, name);
                    await held.CancelAsync().ConfigureAwait(false);
                    return;
                }
            }
        }
    }

    private async Task<object?> ExecuteAsync(string sql, object[] parameters, CancellationToken cancellationToken)
    {
        var command = dataSource().CreateCommand(sql);
        await using (command.ConfigureAwait(false))
        {
            foreach (var parameter in parameters)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = parameter });
            }

            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
