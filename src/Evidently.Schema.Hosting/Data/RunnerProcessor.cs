using System.Data;
using FluentMigrator.Runner.Generators.Postgres;
using FluentMigrator.Runner.Initialization;
using FluentMigrator.Runner.Processors;
using FluentMigrator.Runner.Processors.Postgres;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Evidently.Schema.Hosting.Data;

/// <summary>FluentMigrator's processor on a connection that we opened, so that what it runs can be cancelled and its session cleaned up.</summary>
internal sealed class RunnerProcessor : Postgres15_0Processor
{
    private readonly CancellationToken _cancellationToken;
    private volatile IDbCommand? _command;

    public RunnerProcessor(
        PostgresDbFactory factory,
        Postgres15_0Generator generator,
        ILogger<Postgres15_0Processor> logger,
        IOptionsSnapshot<ProcessorOptions> options,
        IConnectionStringAccessor connectionStringAccessor,
        PostgresOptions postgresOptions,
        NpgsqlConnection connection,
        RunnerStop stop)
        : base(factory, generator, logger, options, connectionStringAccessor, postgresOptions)
    {
        Connection = connection;
        _cancellationToken = stop.Token;
        stop.Cancel = () => _command?.Cancel();
    }

    protected override IDbCommand CreateCommand(string commandText, IDbConnection connection, IDbTransaction transaction)
    {
        _cancellationToken.ThrowIfCancellationRequested();
        return _command = base.CreateCommand(commandText, connection, transaction);
    }
}

/// <summary>How to stop a runner from another thread.</summary>
internal sealed class RunnerStop(CancellationToken token)
{
    public CancellationToken Token { get; } = token;

    /// <summary>Asks the server to cancel the statement that runs, if one does; may be called again and again.</summary>
    public Action Cancel { get; set; } = static () => { };
}
