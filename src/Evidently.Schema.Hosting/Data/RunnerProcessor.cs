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
    private readonly RunnerStop _stop;

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
        _stop = stop;
    }

    protected override IDbCommand CreateCommand(string commandText, IDbConnection connection, IDbTransaction transaction) =>
        _stop.Watch(base.CreateCommand(commandText, connection, transaction));
}

/// <summary>Stops a runner from another thread. FluentMigrator makes more than one processor for a run: they share this.</summary>
internal sealed class RunnerStop(CancellationToken token)
{
    private volatile IDbCommand? _command;

    public CancellationToken Token { get; } = token;

    /// <summary>Remembers the command that is about to run, or refuses it after a cancellation.</summary>
    public IDbCommand Watch(IDbCommand command)
    {
        Token.ThrowIfCancellationRequested();
        return _command = command;
    }

    /// <summary>Asks the server to cancel the statement that runs, if one does; may be called again and again.</summary>
    public void Cancel() => _command?.Cancel();
}
