using Evidently.Schema.Hosting.Data;
using Evidently.Schema.Hosting.Diagnostics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Evidently.Schema.Hosting;

/// <summary>
/// Moves a database from phase to phase and back, one runner at a time whatever the number of hosts, and says where it stands.
/// Safe for concurrent use. Every method throws <see cref="SchemaException"/> for what the database refuses, an unreachable server and a
/// refused log-in included.
/// </summary>
public sealed class SchemaMigrator : IAsyncDisposable
{
    private const string ArchiveTag = "archive";

    private readonly SchemaOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SchemaSessions _sessions;
    private readonly SchemaReader _reader;
    private readonly Runner _runner;

    internal SchemaMigrator(SchemaOptions options, NpgsqlDataSource? dataSource, ILoggerFactory? loggerFactory, TimeProvider? time)
    {
        _options = options;
        _time = time ?? TimeProvider.System;
        _logger = (loggerFactory ?? NullLoggerFactory.Instance).CreateLogger<SchemaMigrator>();
        _sessions = new SchemaSessions(options, dataSource, _logger);
        _reader = new SchemaReader(_sessions);
        _runner = new Runner(_sessions, _time, _logger);
    }

    /// <summary>A migrator without a container.</summary>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException"><paramref name="options"/> are wrong; it lists every error.</exception>
    public static SchemaMigrator Create(SchemaOptions options, ILoggerFactory? loggerFactory = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        SchemaOptionsValidator.ThrowIfInvalid(options, hasDataSource: false);
        return new SchemaMigrator(options, dataSource: null, loggerFactory, time: null);
    }

    /// <summary>Where the database stands. Takes no lock that anyone waits for; works on a database with nothing of ours.</summary>
    public Task<SchemaStatus> GetStatusAsync(CancellationToken cancellationToken = default) => _reader.StatusAsync(cancellationToken);

    /// <summary>
    /// Applies every untagged migration up to the end of phase <paramref name="to"/>, phase 2 with its whole backfill, copied by
    /// <see cref="SchemaOptions.BackfillWorkers"/> sessions. <see cref="Phase.Retire"/>, and nothing less, archives the legacy table, and does not drop
    /// it: that is <see cref="DropLegacyAsync"/>. Waits for another
    /// runner for up to <see cref="SchemaOptions.LockTimeout"/>. Each step locks tables of the application for milliseconds and gives up
    /// after a lock timeout (<see cref="SchemaError.LockTimeout"/>): run it again. Cancelling stops the statement that runs; running again
    /// goes on after the last committed batch.
    /// </summary>
    /// <returns>The versions that this call applied, ascending: empty when another runner, or an earlier run, has done it all.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="to"/> is <see cref="Phase.None"/>, no phase, or one this version has no migrations of.</exception>
    /// <exception cref="SchemaException">The database refused; <see cref="SchemaException.Phase"/> says where.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled, and the runner has stopped.</exception>
    public Task<IReadOnlyList<long>> MigrateAsync(Phase to, CancellationToken cancellationToken) => MigrateAsync(to, progress: null, cancellationToken);

    /// <summary>
    /// <see cref="MigrateAsync(Phase, CancellationToken)"/>, and reports the backfill every <see cref="SchemaOptions.ProgressInterval"/>
    /// from a second connection while it runs, and once when it has ended.
    /// </summary>
    /// <inheritdoc cref="MigrateAsync(Phase, CancellationToken)" />
    public async Task<IReadOnlyList<long>> MigrateAsync(Phase to, IProgress<BackfillProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ThrowUnlessDefined(to);
        if (to == Phase.None)
        {
            throw new ArgumentOutOfRangeException(nameof(to), to, $"Phase None is before the first migration: use {nameof(RollbackAsync)} to go back to it.");
        }

        if (!MigrationCatalog.All.Any(migration => MigrationCatalog.PhaseOf(migration.Version) == to))
        {
            throw new ArgumentOutOfRangeException(nameof(to), to, $"This version of Evidently.Schema holds no migrations of phase {to}: it would say it is done and had done nothing.");
        }

        return await MigrateAsync(to, to == Phase.Retire ? ArchiveTag : null, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Drops the archived legacy table, what the star does not hold of it being kept in <c>evidently_schema.legacy_residue</c>, and leaves a
    /// read-only view. There is no way back but a backup. Refused before <see cref="MigrateAsync(Phase, CancellationToken)"/> to
    /// <see cref="Phase.Retire"/>, before the setting <c>archive_min_age</c> has passed, and while the view is used.
    /// </summary>
    /// <returns>The versions that this call applied: empty when it was dropped before.</returns>
    /// <inheritdoc cref="MigrateAsync(Phase, CancellationToken)" />
    public Task<IReadOnlyList<long>> DropLegacyAsync(CancellationToken cancellationToken = default) =>
        MigrateAsync(Phase.Retire, "cleanup", progress: null, cancellationToken);

    /// <summary>
    /// Drops <c>collector_results.raw_answer</c>. There is no way back but a backup. Refused without the setting <c>allow_drop_raw_answer</c>, before
    /// <see cref="DropLegacyAsync"/>, and while something still hangs on the column.
    /// </summary>
    /// <returns>The versions that this call applied: empty when it was dropped before.</returns>
    /// <inheritdoc cref="MigrateAsync(Phase, CancellationToken)" />
    public Task<IReadOnlyList<long>> DropRawAnswerAsync(CancellationToken cancellationToken = default) =>
        MigrateAsync(Phase.Retire, "drop-raw-answer", progress: null, cancellationToken);

    private async Task<IReadOnlyList<long>> MigrateAsync(Phase to, string? tag, IProgress<BackfillProgress>? progress, CancellationToken cancellationToken)
    {
        var gate = await RunnerGate.EnterAsync(_sessions, _options.LockTimeout, _time, _logger, cancellationToken).ConfigureAwait(false);
        await using (gate.ConfigureAwait(false))
        {
            var target = MigrationCatalog.LastVersion(to);
            var before = await _reader.AppliedAsync(cancellationToken).ConfigureAwait(false);
            long[] pending =
            [
                .. MigrationCatalog.All
                    .Where(migration => (migration.Tags.Count == 0 || (tag is not null && migration.Tags.Contains(tag, StringComparer.Ordinal))) && migration.Version <= target)
                    .Select(migration => migration.Version).Except(before),
            ];
            if (pending.Length == 0)
            {
                Log.NothingToDo(_logger, to);
                return [];
            }

            var started = _time.GetTimestamp();
            Log.Migrating(_logger, to, string.Join(", ", pending));
            var reporting = new ProgressReporter(_reader, _options.ProgressInterval, _time, progress);
            await using (reporting.ConfigureAwait(false))
            {
                var workers = new BackfillWorkers(_sessions, _options.BackfillWorkers - 1, _logger);
                await using (workers.ConfigureAwait(false))
                {
                    await _runner.RunAsync($"Migrating to phase {to}", to, tag is null ? [] : [tag], runner => runner.MigrateUp(target), workers.OnMigrating, cancellationToken).ConfigureAwait(false);
                }
            }

            var after = await _reader.AppliedAsync(cancellationToken).ConfigureAwait(false);
            Log.Migrated(_logger, to, _time.GetElapsedTime(started));
            return [.. after.Except(before)];
        }
    }

    /// <summary>
    /// Reverts every migration after the end of phase <paramref name="to"/>, newest first; <see cref="Phase.None"/> reverts all. Legacy is
    /// not touched. Waits, locks and cancels as <see cref="MigrateAsync(Phase, CancellationToken)"/> does.
    /// </summary>
    /// <returns>The versions that this call reverted, ascending.</returns>
    /// <inheritdoc cref="MigrateAsync(Phase, CancellationToken)" />
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="to"/> is no phase.</exception>
    public async Task<IReadOnlyList<long>> RollbackAsync(Phase to, CancellationToken cancellationToken = default)
    {
        ThrowUnlessDefined(to);
        var gate = await RunnerGate.EnterAsync(_sessions, _options.LockTimeout, _time, _logger, cancellationToken).ConfigureAwait(false);
        await using (gate.ConfigureAwait(false))
        {
            var target = MigrationCatalog.LastVersion(to);
            var before = await _reader.AppliedAsync(cancellationToken).ConfigureAwait(false);
            if (!before.Any(version => version > target))
            {
                Log.NothingToDo(_logger, to);
                return [];
            }

            // FluentMigrator leaves out tagged migrations unless their tags are named.
            string[] tags = [.. MigrationCatalog.All.Where(migration => migration.Version > target && before.Contains(migration.Version)).SelectMany(migration => migration.Tags).Distinct(StringComparer.Ordinal)];
            var started = _time.GetTimestamp();
            Log.RollingBack(_logger, to, string.Join(", ", before.Where(version => version > target)));
            await _runner.RunAsync($"Rolling back to phase {to}", to, tags, runner => runner.MigrateDown(target), onMigration: _ => { }, cancellationToken).ConfigureAwait(false);
            var after = await _reader.AppliedAsync(cancellationToken).ConfigureAwait(false);
            Log.RolledBack(_logger, to, _time.GetElapsedTime(started));
            return [.. before.Except(after)];
        }
    }

    /// <summary>
    /// Compares the star with what legacy projects to, in one snapshot: <c>evidently_schema.verify()</c>. Reads legacy once; locks nothing
    /// that a reader or a writer waits for.
    /// </summary>
    /// <exception cref="SchemaException"><see cref="SchemaError.WrongState"/> before phase 1.</exception>
    public async Task<VerificationReport> VerifyAsync(CancellationToken cancellationToken = default)
    {
        var report = await _reader.VerifyAsync(cancellationToken).ConfigureAwait(false);
        Log.Verified(
            _logger,
            report.Ok ? "is clean" : "found differences",
            report.Checks.Count,
            report.Checks.Sum(check => check.Missing),
            report.Checks.Sum(check => check.Extra),
            report.Checks.Sum(check => check.Different));
        return report;
    }

    /// <summary>Closes what the migrator opened; a data source of the host stays.</summary>
    public ValueTask DisposeAsync() => _sessions.DisposeAsync();

    private static void ThrowUnlessDefined(Phase to)
    {
        if (!Enum.IsDefined(to))
        {
            throw new ArgumentOutOfRangeException(nameof(to), to, "There are the phases Create, Backfill, DualWrite, Reads and Retire, and None.");
        }
    }
}
