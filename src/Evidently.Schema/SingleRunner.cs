using System;
using FluentMigrator;
using FluentMigrator.Infrastructure;
using FluentMigrator.Runner;
using Microsoft.Extensions.DependencyInjection;

namespace Evidently.Schema;

/// <summary>
/// Lets one runner work at a time: takes a session's advisory lock before the first migration, by polling, because a runner that waits
/// in <c>pg_advisory_lock</c> deadlocks with the other's CREATE INDEX CONCURRENTLY. Then reads the version table again: what the other
/// runner has done meanwhile is not done twice. The lock goes with the session.
/// </summary>
/// <remarks><see href="https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-ADVISORY-LOCKS" /></remarks>
[Maintenance(MigrationStage.BeforeAll, TransactionBehavior.None)]
public class SingleRunner : Migration
{
    private readonly IServiceProvider _services;

    /// <summary>Creates the maintenance; <paramref name="services"/> gives the version loader when the lock is held, not before.</summary>
    public SingleRunner(IServiceProvider services) => _services = services;

    /// <inheritdoc />
    /// <exception cref="InvalidOperationException">EV003: the runner holds one transaction around all migrations.</exception>
    public override void GetUpExpressions(IMigrationContext context)
    {
        PhaseMigration.RefuseSessionTransaction(context);
        base.GetUpExpressions(context);
    }

    /// <inheritdoc />
    public override void Up()
    {
        Execute.Sql(PhaseMigration.Read("SingleRunner.sql"), "SingleRunner.sql");
        Execute.WithConnection((_, _) => _services.GetRequiredService<IVersionLoader>().LoadVersionInfo());
    }

    /// <summary>Never runs: FluentMigrator runs maintenance only on the way up.</summary>
    public override void Down()
    {
    }
}

/// <summary>Gives the lock back after the last migration, for sessions that go back to a pool.</summary>
[Maintenance(MigrationStage.AfterAll, TransactionBehavior.None)]
public class SingleRunnerRelease : Migration
{
    /// <inheritdoc />
    public override void Up() => Execute.Sql(PhaseMigration.Read("SingleRunner.release.sql"), "SingleRunner.release.sql");

    /// <summary>Never runs: FluentMigrator runs maintenance only on the way up.</summary>
    public override void Down()
    {
    }
}

/// <summary><see cref="SingleRunner"/> for runs with a tag, which skip untagged maintenance.</summary>
[Tags(TagBehavior.RequireAny, "archive", "cleanup", "drop-raw-answer")]
[Maintenance(MigrationStage.BeforeAll, TransactionBehavior.None)]
public sealed class SingleRunnerTagged : SingleRunner
{
    /// <inheritdoc cref="SingleRunner(IServiceProvider)" />
    public SingleRunnerTagged(IServiceProvider services)
        : base(services)
    {
    }
}

/// <summary><see cref="SingleRunnerRelease"/> for runs with a tag, which skip untagged maintenance.</summary>
[Tags(TagBehavior.RequireAny, "archive", "cleanup", "drop-raw-answer")]
[Maintenance(MigrationStage.AfterAll, TransactionBehavior.None)]
public sealed class SingleRunnerReleaseTagged : SingleRunnerRelease;
