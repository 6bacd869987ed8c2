using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Npgsql;

namespace Evidently.Schema.DatabaseTests.Reads;

/// <summary>The activities and measurements of reads of one database, as <c>function answered_by error</c>.</summary>
internal sealed class HeardReads : IDisposable
{
    private const string Name = "Evidently.Schema";

    private readonly ConcurrentQueue<string> _activities = new();
    private readonly ConcurrentQueue<(string Read, double Seconds)> _measured = new();
    private readonly MeterListener _meters = new();
    private readonly ActivityListener _sources;

    public HeardReads(string connectionString)
    {
        var database = new NpgsqlConnectionStringBuilder(connectionString).Database;
        _meters.InstrumentPublished = (instrument, listener) =>
        {
            if (string.Equals(instrument.Meter.Name, Name, StringComparison.Ordinal) && instrument is { Name: "evidently_schema.read.duration", Unit: "s" })
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _meters.SetMeasurementEventCallback<double>((_, seconds, tags, _) => Note(tags.ToArray(), read => _measured.Enqueue((read, seconds))));
        _meters.Start();
        _sources = new ActivityListener
        {
            ShouldListenTo = source => string.Equals(source.Name, Name, StringComparison.Ordinal),
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                if (activity is { OperationName: "evidently_schema.read", Kind: ActivityKind.Client })
                {
                    Note(activity.TagObjects, _activities.Enqueue);
                }
            },
        };
        ActivitySource.AddActivityListener(_sources);

        void Note(IEnumerable<KeyValuePair<string, object?>> tags, Action<string> add)
        {
            var named = tags.ToDictionary(tag => tag.Key, tag => tag.Value, StringComparer.Ordinal);
            if (Equals(named.GetValueOrDefault("db.namespace"), database))
            {
                add(string.Join(' ', new[] { "evidently_schema.function", "evidently_schema.answered_by", "error.type" }.Select(key => named.GetValueOrDefault(key)).Where(value => value is not null)));
            }
        }
    }

    public IReadOnlyCollection<string> Activities => _activities;

    public IReadOnlyCollection<(string Read, double Seconds)> Measured => _measured;

    public void Clear()
    {
        _activities.Clear();
        _measured.Clear();
    }

    public void Dispose()
    {
        _meters.Dispose();
        _sources.Dispose();
    }
}
