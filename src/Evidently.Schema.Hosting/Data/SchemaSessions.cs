using Evidently.Schema.Hosting.Diagnostics;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Evidently.Schema.Hosting.Data;

/// <summary>
/// Opens the sessions of the migrator. From a connection string they are unpooled, so that a session's locks go with its connection;
/// a host's own data source is used as it is, and its sessions are cleaned up before they go back.
/// </summary>
internal sealed class SchemaSessions : IAsyncDisposable
{
    public const string ApplicationName = "Evidently.Schema";
    private const int KeepAliveSeconds = 30;

    private readonly NpgsqlDataSource _dataSource;
    private readonly bool _owned;
    private readonly ILogger _logger;

    public SchemaSessions(SchemaOptions options, NpgsqlDataSource? hostDataSource, ILogger logger)
    {
        _logger = logger;
        _owned = !string.IsNullOrWhiteSpace(options.ConnectionString);
        _dataSource = _owned ? Create(options.ConnectionString!) : hostDataSource!;
    }

    /// <summary>The database, for telemetry.</summary>
    public string Database => new NpgsqlConnectionStringBuilder(_dataSource.ConnectionString) is var target ? target.Database ?? target.Username ?? string.Empty : string.Empty;

    public async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _dataSource.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is NpgsqlException or TimeoutException)
        {
            throw SchemaErrors.Connecting(exception, new NpgsqlConnectionStringBuilder(_dataSource.ConnectionString));
        }
    }

    /// <summary>Gives the session's locks back and closes it. Never throws: it runs after failures, too.</summary>
    public async ValueTask CloseAsync(NpgsqlConnection connection)
    {
        try
        {
            if (connection.FullState == System.Data.ConnectionState.Open)
            {
                var release = connection.CreateCommand();
                await using (release.ConfigureAwait(false))
                {
                    release.CommandText = Sql.ReleaseSession;

                    // None: the locks must be given back, above all after a cancellation.
                    await release.ExecuteNonQueryAsync(CancellationToken.None).ConfigureAwait(false);
                }
            }
        }
        catch (Exception exception) when (exception is NpgsqlException or InvalidOperationException)
        {
            Log.CleanUpFailed(_logger, exception);
        }

        await connection.DisposeAsync().ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => _owned ? _dataSource.DisposeAsync() : ValueTask.CompletedTask;

    private static NpgsqlDataSource Create(string connectionString)
    {
        var builder = new NpgsqlConnectionStringBuilder(connectionString)
        {
            Pooling = false,
            Multiplexing = false,
            Enlist = false,

            // DETAIL and HINT of our own errors are part of the recipe; SchemaErrors takes those of others away.
            IncludeErrorDetail = true,

            // The gate's session is idle for as long as the backfill runs.
            KeepAlive = KeepAliveSeconds,
        };
        builder.ApplicationName ??= ApplicationName;
        return NpgsqlDataSource.Create(builder);
    }
}
