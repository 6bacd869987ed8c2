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
    /// after a lock timeout (<see cref="SchemaError.LockTimeout"/>): run it again. Cancelling stops the statement that runs, the copy
    /// after its batch; running again goes on there.
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
            ThrowIfNewer(before);
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

            await RequireRightsAsync(before, cancellationToken).ConfigureAwait(false);
            var started = _time.GetTimestamp();
            Log.Migrating(_logger, to, string.Join(", ", pending));
            var reporting = new ProgressReporter(_reader, _options.ProgressInterval, _time, progress);
            await using (reporting.ConfigureAwait(false))
            {
                var workers = new BackfillWorkers(_sessions, _options.BackfillWorkers, _time, _logger, cancellationToken);
                await using (workers.ConfigureAwait(false))
                {
                    await Telemetry.TimedAsync("evidently_schema.migrate", Timed.Migration, _sessions.Database, to, async () =>
                    {
                        await _runner.RunAsync($"Migrating to phase {to}", to, tag is null ? [] : [tag], runner => runner.MigrateUp(target), workers.OnMigrating, cancellationToken).ConfigureAwait(false);
                        return true;
                    }).ConfigureAwait(false);
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
            ThrowIfNewer(before);
            if (!before.Any(version => version > target))
            {
                Log.NothingToDo(_logger, to);
                return [];
            }

            // FluentMigrator leaves out tagged migrations unless their tags are named.
            string[] tags = [.. MigrationCatalog.All.Where(migration => migration.Version > target && before.Contains(migration.Version)).SelectMany(migration => migration.Tags).Distinct(StringComparer.Ordinal)];
            var started = _time.GetTimestamp();
            Log.RollingBack(_logger, to, string.Join(", ", before.Where(version => version > target)));
            await Telemetry.TimedAsync("evidently_schema.rollback", Timed.Migration, _sessions.Database, to, async () =>
            {
                await _runner.RunAsync($"Rolling back to phase {to}", to, tags, runner => runner.MigrateDown(target), onMigration: _ => { }, cancellationToken).ConfigureAwait(false);
                return true;
            }).ConfigureAwait(false);
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
        var report = await Telemetry.TimedAsync("evidently_schema.verify", Timed.Verification, _sessions.Database, phase: null, () => _reader.VerifyAsync(cancellationToken)).ConfigureAwait(false);
        Telemetry.Verified(_sessions.Database, report);
        Log.Verified(
            _logger,
            report.Ok ? "is clean" : "found differences",
            report.Checks.Count,
            report.Checks.Sum(check => check.Missing),
            report.Checks.Sum(check => check.Extra),
            report.Checks.Sum(check => check.Different));
        return report;
    }

    /// <summary>
    /// Refreshes the daily view, unless no day has changed since: <c>public.refresh_mv_brand_daily_metrics()</c>. Readers go on meanwhile.
    /// </summary>
    /// <returns>Whether it was refreshed: not when nothing has changed, or another session refreshes just now.</returns>
    public async Task<bool> RefreshAsync(CancellationToken cancellationToken = default)
    {
        var refreshed = await Telemetry.TimedAsync("evidently_schema.refresh", Timed.Refresh, _sessions.Database, phase: null, () => _reader.RefreshAsync(cancellationToken)).ConfigureAwait(false);
        if (refreshed)
        {
            Log.Refreshed(_logger);
        }

        return refreshed;
    }

    /// <summary>Closes what the migrator opened; a data source of the host stays.</summary>
    public ValueTask DisposeAsync()
    {
        Telemetry.Forget(_sessions.Database);
        return _sessions.DisposeAsync();
    }

    /// <summary>Whether all migrations of the phase are applied.</summary>
    internal async Task<bool> HasReachedAsync(Phase phase, CancellationToken cancellationToken) =>
        MigrationCatalog.Reached(await _reader.AppliedAsync(cancellationToken).ConfigureAwait(false)) >= phase;

    /// <summary>Refuses a role that cannot begin, before anything is made.</summary>
    internal async Task RequireRightsAsync(CancellationToken cancellationToken) =>
        await RequireRightsAsync(await _reader.AppliedAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);

    private Task RequireRightsAsync(IReadOnlyList<long> applied, CancellationToken cancellationToken) =>
        applied.Count == 0 ? _reader.RequireRightsAsync(cancellationToken) : Task.CompletedTask;

    internal Task<long> RejectedSinceAsync(TimeSpan window, CancellationToken cancellationToken) => _reader.RejectedSinceAsync(window, cancellationToken);

    internal Task RefreshWhenTouchedAsync(CancellationToken cancellationToken) => RefreshAsync(cancellationToken);

    /// <summary>Verifies from the end of the backfill on: before it the star is not meant to be whole.</summary>
    internal async Task VerifyWhenReadyAsync(CancellationToken cancellationToken)
    {
        if (await HasReachedAsync(Phase.Backfill, cancellationToken).ConfigureAwait(false))
        {
            await VerifyAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Compares calls of services in shadow, where there are any: <c>evidently_schema.run_shadow()</c>.</summary>
    internal async Task CompareShadowAsync(CancellationToken cancellationToken)
    {
        if (await HasReachedAsync(Phase.Reads, cancellationToken).ConfigureAwait(false))
        {
            var compared = await _reader.RunShadowAsync(UpkeepOptions.ShadowCalls, _options.Upkeep.ShadowTimeout, cancellationToken).ConfigureAwait(false);
            if (compared > 0)
            {
                Log.Compared(_logger, compared);
            }
        }
    }

    /// <summary>Reads the state for the meter's observable instruments.</summary>
    internal async Task ObserveAsync(CancellationToken cancellationToken)
    {
        var status = await GetStatusAsync(cancellationToken).ConfigureAwait(false);
        Telemetry.Observed(_sessions.Database, new Observation(status, await _reader.LockWaitersAsync(cancellationToken).ConfigureAwait(false), _time.GetUtcNow()));
    }

    private static void ThrowIfNewer(IReadOnlyList<long> applied)
    {
        long[] unknown = [.. applied.Where(version => MigrationCatalog.All.All(migration => migration.Version != version))];
        if (unknown.Length > 0)
        {
            throw new SchemaException(
                $"The database holds migration {string.Join(", ", unknown)}, which this version of Evidently.Schema does not know. Use the version that applied it. Nothing was changed.",
                SchemaError.WrongState,
                MigrationCatalog.PhaseOf(unknown[0]),
                sqlState: null,
                innerException: null)
            { Hint = "Use the version that applied it." };
        }
    }

    private static void ThrowUnlessDefined(Phase to)
    {
        if (!Enum.IsDefined(to))
        {
            throw new ArgumentOutOfRangeException(nameof(to), to, "There are the phases Create, Backfill, DualWrite, Reads and Retire, and None.");
        }
    }
}
