using System;
using System.Collections.Generic;
using System.Data;
using System.IO;
using System.Linq;
using System.Reflection;
using System.Text;
using FluentMigrator;
using FluentMigrator.Infrastructure;
using FluentMigrator.Runner.Initialization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Evidently.Schema;

/// <summary>
/// A migration whose SQL stands in the embedded <c>.sql</c> files named after its class: <c>M101_Name.sql</c> goes up,
/// <c>M101_Name.down.sql</c> goes down. A file is one statement; each is sent alone, outside a transaction of FluentMigrator's, and is
/// a no-op over its own finished work, so that every host, psql included, may stop after any of them and go on. Each looks at the database and refuses
/// (EV007) in the wrong state, whatever the version table says.
/// </summary>
public abstract class PhaseMigration : Migration
{
    private const long Retire = 500;

    private bool _unguarded;

    /// <inheritdoc />
    /// <exception cref="InvalidOperationException">EV003: the runner holds one transaction around all migrations.</exception>
    public override void GetUpExpressions(IMigrationContext context)
    {
        RefuseSessionTransaction(context);
        _unguarded = Version(GetType()) < Retire;
        base.GetUpExpressions(context);
    }

    /// <inheritdoc />
    /// <exception cref="InvalidOperationException">EV003: the runner holds one transaction around all migrations.</exception>
    public override void GetDownExpressions(IMigrationContext context)
    {
        RefuseSessionTransaction(context);
        base.GetDownExpressions(context);
    }

    /// <inheritdoc />
    public override void Up() => Run(GetType().Name + ".sql");

    /// <summary>The files that take the migration back, in order; a no-op where nothing of it is there.</summary>
    private protected virtual IReadOnlyList<string> Undo => [GetType().Name + ".down.sql"];

    /// <summary>
    /// Takes the runner lock, because a rollback runs no maintenance, and takes the migration back; before it what the phase's next one has left that was
    /// interrupted, and is not listed: its own Down does not run.
    /// </summary>
    public override void Down()
    {
        Run("SingleRunner.try.sql");
        foreach (var file in Next()?.Undo ?? [])
        {
            Run(file);
        }

        foreach (var file in Undo)
        {
            Run(file);
        }
    }

    /// <summary>Adds the statement in the embedded file <paramref name="file"/> to the migration.</summary>
    /// <exception cref="InvalidOperationException">The assembly holds no such file.</exception>
    protected void Run(string file)
    {
        if (_unguarded)
        {
            _unguarded = false;
            Run("RefuseRetired.sql");
        }

        Execute.Sql(Read(file), file);
    }

    /// <summary>
    /// Runs the statements that the query in the embedded <paramref name="file"/> gives, one at a time, until it gives none: each builds or drops an
    /// index CONCURRENTLY, which no function may. A generated script leaves them out; the statement that follows does their work under a lock.
    /// </summary>
    protected void RunEach(string file) => Execute.WithConnection((connection, _) =>
    {
        while (Send(connection, Read(file), command => command.ExecuteScalar()) is string statement)
        {
            Send(connection, statement, command => command.ExecuteNonQuery());
        }
    });

    internal static void RefuseSessionTransaction(IMigrationContext context)
    {
        // It overrides TransactionBehavior.None without a word, and the backfill could not commit its batches.
        if (context.ServiceProvider?.GetService<IOptions<RunnerOptions>>()?.Value.TransactionPerSession == true)
        {
            throw new InvalidOperationException(
                "EV003: Evidently.Schema cannot run in one transaction around all migrations: the backfill commits batch by batch. "
                + "Run without TransactionPerSession (dotnet-fm: without -m session). Nothing was changed.");
        }
    }

    /// <summary>The migration that follows in the same phase; none in the last, where each refuses what is not its own.</summary>
    private PhaseMigration? Next()
    {
        var version = Version(GetType());
        var next = version < Retire ? typeof(PhaseMigration).Assembly.GetExportedTypes().SingleOrDefault(type => Version(type) == version + 1) : null;
        return next is null ? null : (PhaseMigration)Activator.CreateInstance(next);
    }

    private static long? Version(Type type) => type.GetCustomAttribute<MigrationAttribute>()?.Version;

    private static object? Send(IDbConnection connection, string sql, Func<IDbCommand, object?> send)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.CommandTimeout = 0;
        return send(command);
    }

    internal static string Read(string file)
    {
        using var stream = typeof(PhaseMigration).Assembly.GetManifestResourceStream(file)
            ?? throw new InvalidOperationException($"{file} is not embedded in {typeof(PhaseMigration).Assembly.GetName().Name}.");
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
