using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Evidently.Schema.DatabaseTests.Packages;
using Evidently.Schema.Hosting;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Hosting;

/// <summary>What the meter and the activity source say, and that docs/telemetry.md lists it.</summary>
[TestFixture]
[NonParallelizable]
public sealed class TelemetryTests
{
    private const string Name = "Evidently.Schema";
    private const string Waiting = "SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted AND relation = 'public.brands'::regclass)";

    [Test]
    public async Task A_migration_a_drain_a_verification_a_refresh_and_a_read_are_measured_and_documented()
    {
        await using var database = await HostDatabase.LegacyAsync(100);
        var name = new NpgsqlConnectionStringBuilder(database.ConnectionString).Database!;
        using var heard = new Heard(name);
        await using var holder = await database.OpenAsync();
        await using var hold = new NpgsqlCommand("BEGIN; LOCK TABLE brands IN ROW EXCLUSIVE MODE", holder);
        await hold.ExecuteNonQueryAsync();
        var starting = RunningHost.StartAsync(database.ConnectionString, options =>
        {
            options.MigrateOnStartup = true;
            options.Draining.Enabled = true;
            options.Draining.Interval = TimeSpan.FromMilliseconds(10);
            options.Draining.MaxInterval = TimeSpan.FromMilliseconds(100);
            options.Upkeep.RefreshInterval = TimeSpan.FromSeconds(1);
            options.Upkeep.VerifyInterval = TimeSpan.FromSeconds(1);
            options.Upkeep.ObserveInterval = TimeSpan.FromMilliseconds(100);
        });

        // It waits for a lock, in vain, and gets it at a later try.
        await Eventually.Holds(async () => starting.IsCompleted || await database.ScalarAsync<bool>(Waiting), "a step waits for the lock");
        await Eventually.Holds(async () => starting.IsCompleted || !await database.ScalarAsync<bool>(Waiting), "its first try is over");
        hold.CommandText = "COMMIT";
        await hold.ExecuteNonQueryAsync();
        await using (var host = await starting)
        {
            await Eventually.Holds(async () => (await host.Migrator.GetStatusAsync()).Phase == Phase.DualWrite, "phase 3 is reached");
            await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(database.ConnectionString) { Pooling = false });
            await Assert.ThrowsAsync<SchemaException>(() => new MetricsReader(source).GetKeywordPresenceAsync([1]), "phase 4 is not reached");
            await database.ExecuteAsync("INSERT INTO evidently_schema.change_notes (kind, collector_result_id) VALUES ('result', 1); INSERT INTO evidently_schema.rejected_rows (legacy_id, reason) VALUES ('x', 'invalid')");
            await Eventually.Holds(
                () =>
                {
                    heard.Record();
                    return Task.FromResult(Silent(heard) is []);
                },
                () => $"heard all that is documented; still silent: {string.Join(", ", Silent(heard))}");
        }

        Assert.That(heard.Instruments.Except(Documented(), StringComparer.Ordinal), Is.Empty, "documented");
        Assert.That(heard.Activities, Is.SupersetOf(new[] { "evidently_schema.migrate", "evidently_schema.verify", "evidently_schema.refresh", "evidently_schema.read" }));
        Assert.That(heard.Last("evidently_schema.phase.reached"), Is.EqualTo(3));
        Assert.That(heard.Last("evidently_schema.lock.wait.duration"), Is.Positive);
        Assert.That(heard.Last("evidently_schema.backfill.rows"), Is.Positive);
        var text = File.ReadAllText(Path.Combine(Repository.Root, "docs", "telemetry.md"));
        Assert.That(heard.Activities.Where(activity => !text.Contains($"`{activity}`", StringComparison.Ordinal)), Is.Empty, "documented");
    }

    private static string[] Silent(Heard heard) => [.. Documented().Except(heard.Instruments, StringComparer.Ordinal)];

    private static string[] Documented() =>
    [
        .. File.ReadLines(Path.Combine(Repository.Root, "docs", "telemetry.md"))
            .SkipWhile(line => !line.StartsWith("## Meter", StringComparison.Ordinal))
            .Where(line => line.StartsWith("| `evidently_schema.", StringComparison.Ordinal))
            .Select(line => line.Split('`')[1]),
    ];

    private sealed class Heard : IDisposable
    {
        private readonly ConcurrentDictionary<string, double> _measured = new(StringComparer.Ordinal);
        private readonly ConcurrentBag<string> _activities = [];
        private readonly MeterListener _meters = new();
        private readonly ActivityListener _sources;

        public Heard(string database)
        {
            _meters.InstrumentPublished = (instrument, listener) =>
            {
                if (string.Equals(instrument.Meter.Name, Name, StringComparison.Ordinal))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _meters.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
            _meters.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
            _meters.Start();
            _sources = new ActivityListener
            {
                ShouldListenTo = source => string.Equals(source.Name, Name, StringComparison.Ordinal),
                Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = activity =>
                {
                    if (Equals(activity.GetTagItem("db.namespace"), database))
                    {
                        _activities.Add(activity.OperationName);
                    }
                },
            };
            ActivitySource.AddActivityListener(_sources);

            void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
            {
                foreach (var tag in tags)
                {
                    if (tag.Key is "db.namespace" && Equals(tag.Value, database))
                    {
                        _measured[instrument.Name] = value;
                    }
                }
            }
        }

        public IReadOnlyCollection<string> Instruments => [.. _measured.Keys];

        public IReadOnlyCollection<string> Activities => [.. _activities.Distinct(StringComparer.Ordinal)];

        public double Last(string instrument) => _measured[instrument];

        public void Record() => _meters.RecordObservableInstruments();

        public void Dispose()
        {
            _meters.Dispose();
            _sources.Dispose();
        }
    }
}
