using System.Diagnostics;
using System.Text.RegularExpressions;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Backfill;

/// <summary>
/// Hears each statement that a migration of one database sends, as Npgsql tells it when the server has answered and the client has not gone on. While it
/// cuts, it ends all sessions of the database there, after each statement once for each list of applied versions, and lets none in until the run has failed: nothing
/// follows, as after the end of the process.
/// </summary>
internal sealed partial class Cuts : IDisposable
{
    private readonly Lock _lock = new();
    private readonly StarDatabase _database;
    private readonly string _name;
    private readonly string _besides;
    private readonly bool _cutting;
    private readonly ActivityListener _listener;
    private readonly HashSet<Place> _known = [];
    private readonly List<Place> _places = [];
    private readonly SortedSet<long> _applied = [];
    private bool _hearing;
    private Place? _cut;

    public Cuts(StarDatabase database, bool cutting)
    {
        _database = database;
        _cutting = cutting;
        _name = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database!;

        // Of another database: what it does is not heard.
        _besides = new NpgsqlConnectionStringBuilder(database.AdminConnectionString) { Database = "postgres", Pooling = false }.ConnectionString;
        _listener = new ActivityListener
        {
            ShouldListenTo = source => string.Equals(source.Name, "Npgsql", StringComparison.Ordinal),
            Sample = (ref _) => ActivitySamplingResult.AllData,
            ActivityStopped = activity =>
            {
                if (Equals(activity.GetTagItem("db.namespace"), _name) && activity.Status != ActivityStatusCode.Error && activity.GetTagItem("db.query.text") is string statement)
                {
                    Hear(statement);
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>The statements heard, or those after which it was cut, in order.</summary>
    public IReadOnlyList<Place> Places => _places;

    /// <summary>Runs the migration again and again until it goes through uncut.</summary>
    public async Task FinishAsync(Func<Task> migrate)
    {
        Place? last = null;
        while (true)
        {
            await BeginAsync();
            Exception? failure = null;
            try
            {
                await migrate();
            }
            catch (Exception exception)
            {
                failure = exception;
            }

            if (End() is not { } cut)
            {
                Assert.That(failure, Is.Null, $"{_places.Count} places; the last cut was with {last?.Applied} applied, after: {last?.Statement}");
                return;
            }

            Assert.That(Steps.Refusal(failure)?.SqlState, Is.Null.Or.EqualTo(PostgresErrorCodes.AdminShutdown).Or.EqualTo(PostgresErrorCodes.ObjectNotInPrerequisiteState), $"{failure}");
            last = cut;
        }
    }

    public void Dispose() => _listener.Dispose();

    private async Task BeginAsync()
    {
        long[] applied = await _database.ScalarAsync<bool>("SELECT to_regclass('evidently_schema.version_info') IS NOT NULL")
            ? await _database.ScalarAsync<long[]>("SELECT array_agg(v.version) FROM evidently_schema.version_info AS v") ?? []
            : [];
        lock (_lock)
        {
            _applied.Clear();
            _applied.UnionWith(applied);
            (_hearing, _cut) = (true, null);
        }
    }

    private Place? End()
    {
        lock (_lock)
        {
            _hearing = false;
            if (_cut is not null)
            {
                Execute($"ALTER DATABASE \"{_name}\" ALLOW_CONNECTIONS true");
            }

            return _cut;
        }
    }

    private void Hear(string statement)
    {
        lock (_lock)
        {
            // A read leaves nothing that the next run could stumble over.
            if (!_hearing || _cut is not null || Read().IsMatch(statement))
            {
                return;
            }

            var row = VersionRow().Match(statement);
            var place = new Place(string.Join(' ', _applied), row.Success ? Place.Row : statement);
            if (_known.Add(place))
            {
                _places.Add(place);
                if (_cutting)
                {
                    _cut = place;
                    Cut();
                }
            }

            if (row.Success)
            {
                var version = long.Parse(row.Groups["version"].Value, System.Globalization.CultureInfo.InvariantCulture);
                Assert.That(row.Groups["insert"].Success ? _applied.Add(version) : _applied.Remove(version), statement);
            }
        }
    }

    /// <summary>On the client's own thread, which goes on when they have ended.</summary>
    private void Cut()
    {
        // FluentMigrator would open another session.
        Execute($"ALTER DATABASE \"{_name}\" ALLOW_CONNECTIONS false");
        Execute($"SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '{_name}' AND backend_type = 'client backend'");
    }

    private void Execute(string sql)
    {
        using var source = NpgsqlDataSource.Create(_besides);
        using var command = source.CreateCommand(sql);
        command.ExecuteNonQuery();
    }

    [GeneratedRegex(@"^(?:--[^\n]*\n)*select\b", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Read();

    [GeneratedRegex(@"^(?:(?<insert>INSERT INTO)|DELETE FROM) ""?evidently_schema""?\.""?version_info""?.*?(?<version>\d+)", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex VersionRow();
}

/// <summary>After a statement, where these versions are applied.</summary>
internal readonly record struct Place(string Applied, string Statement, int Run = 0)
{
    /// <summary>What writes or removes the version's row.</summary>
    public const string Row = "version row";

    public bool IsRow => string.Equals(Statement, Row, StringComparison.Ordinal);
}
