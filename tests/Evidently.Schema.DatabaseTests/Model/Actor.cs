using System.Data;
using Evidently.Schema.DatabaseTests.Backfill;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Model;

/// <summary>
/// A session of the application, with the timeouts one has. A statement that fails did not happen: the application rolls back to its
/// savepoint, or its transaction, and goes on; a session that was killed connects again.
/// </summary>
internal sealed class Actor(StarDatabase database) : IAsyncDisposable
{
    private const string Timeouts = "SET lock_timeout = '40ms'; SET statement_timeout = '20s'; SET idle_in_transaction_session_timeout = 0";

    private Session? _session;
    private int _pid;
    private bool _inTransaction;
    private bool _hasSavepoint;

    /// <summary>The backend, or 0. Another session may ask while this one's connection breaks.</summary>
    public int Pid => _session is null ? 0 : _pid;

    public async Task BeginAsync(string isolation)
    {
        if (!_inTransaction)
        {
            await RunAsync($"BEGIN ISOLATION LEVEL {isolation}");
            _inTransaction = _session is not null;
        }
    }

    public async Task EndAsync(bool commits)
    {
        if (_inTransaction)
        {
            (_inTransaction, _hasSavepoint) = (false, false);
            await RunAsync(commits ? "COMMIT" : "ROLLBACK");
        }
    }

    public async Task SavepointAsync(string verb)
    {
        if (_inTransaction && _hasSavepoint != verb is "SAVEPOINT")
        {
            await RunAsync($"{verb} s");
            _hasSavepoint = _inTransaction && verb is not "RELEASE SAVEPOINT";
        }
    }

    public Task RunAsync(string sql) => TryAsync(session => session.ExecuteAsync(sql), sql);

    public Task CopyAsync(int result) => TryAsync(
        async session =>
        {
            await using var writer = await session.Connection.BeginTextImportAsync(
                "COPY extracted_positions (collector_result_id, brand_id, query_id, collector_type, competitor_name, visibility_index) FROM STDIN (FORMAT csv)");
            await writer.WriteAsync($"{result},{World.BrandOne},{World.QueryOne},copied,,0.5\n{result},{World.BrandOne},{World.QueryOne},,Acme,0.5\n");
        },
        "COPY");

    public async ValueTask DisposeAsync()
    {
        (_inTransaction, _hasSavepoint) = (false, false);
        if (_session is { } session)
        {
            _session = null;
            await session.DisposeAsync();
        }
    }

    /// <summary>What a statement of an application may fail with: its own values, others' locks, the end of its backend. Not with anything
    /// that happens in a function of ours, but for a mode that fails writers, a mode too early and a drain at the wrong place.</summary>
    private static bool IsTolerable(PostgresException problem, string sql) => problem.SqlState switch
    {
        "EV009" => true,
        "EV007" or "EV008" => sql.Contains("evidently_schema.", StringComparison.Ordinal),
        PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure
            or PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.ForeignKeyViolation or PostgresErrorCodes.NotNullViolation
            or PostgresErrorCodes.CardinalityViolation or "54000" => sql.Contains("evidently_schema.", StringComparison.Ordinal)
                || problem.Where?.Contains("evidently_schema.", StringComparison.Ordinal) is not true,
        PostgresErrorCodes.AdminShutdown => true,
        _ => false,
    };

    private async Task TryAsync(Func<Session, Task> act, string sql)
    {
        try
        {
            if (_session is null)
            {
                var session = await database.OpenAsync(Timeouts);
                _pid = session.Pid;
                _session = session;
            }

            await act(_session);
        }
        catch (PostgresException problem) when (problem.SqlState is not PostgresErrorCodes.AdminShutdown)
        {
            if (!IsTolerable(problem, sql))
            {
                throw new InvalidOperationException($"{problem.SqlState} {problem.MessageText} ({problem.Where}) in: {sql}", problem);
            }

            if (_inTransaction && !await TryRollBackAsync(_hasSavepoint ? "ROLLBACK TO SAVEPOINT s" : "ROLLBACK"))
            {
                await DisposeAsync();
            }
        }
        catch (Exception problem) when (problem is NpgsqlException || _session is { Connection.State: not ConnectionState.Open })
        {
            await DisposeAsync(); // killed
        }
    }

    private async Task<bool> TryRollBackAsync(string sql)
    {
        try
        {
            await _session!.ExecuteAsync(sql);
            _inTransaction = _hasSavepoint;
            return true;
        }
        catch (NpgsqlException)
        {
            return false;
        }
    }
}
