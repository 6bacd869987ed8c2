using System.ComponentModel.DataAnnotations;

namespace Evidently.Schema.Hosting;

/// <summary>What a host does from time to time in the background, once among all hosts: refreshing the daily view, comparing in shadow, verifying. Draining is in <see cref="DrainingOptions"/>.</summary>
public sealed class UpkeepOptions
{
    internal const int ShadowCalls = 20;
    internal static readonly TimeSpan DefaultShadowTimeout = TimeSpan.FromSeconds(30);
    internal static readonly TimeSpan DefaultObserveInterval = TimeSpan.FromSeconds(30);

    /// <summary>How often the daily view is refreshed, where a day has changed since. Readers go on meanwhile; changed days are computed live until then.</summary>
    /// <value><see cref="TimeSpan.Zero"/>: never; else from 1 second to 1 day.</value>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan RefreshInterval { get; set; }

    /// <summary>How often the star is verified, which reads all of legacy once.</summary>
    /// <value><see cref="TimeSpan.Zero"/>: never; else from 1 second to 30 days.</value>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan VerifyInterval { get; set; }

    /// <summary>How often calls of services in shadow are compared, twenty a turn: <c>evidently_schema.run_shadow()</c>.</summary>
    /// <value><see cref="TimeSpan.Zero"/>: never; else from 1 second to 1 day.</value>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan ShadowInterval { get; set; }

    /// <summary>How long a turn's comparisons may take together; the one that goes beyond is cancelled and counts as failed.</summary>
    /// <value>30 seconds; from 0.1 seconds to 1 hour.</value>
    [Range(typeof(TimeSpan), "00:00:00.1000000", "01:00:00")]
    public TimeSpan ShadowTimeout { get; set; } = DefaultShadowTimeout;

    /// <summary>How often the state of the database is read for the meter <c>Evidently.Schema</c>, by each host.</summary>
    /// <value>30 seconds, and only while somebody listens to the meter; <see cref="TimeSpan.Zero"/>: never; at most 1 day.</value>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan ObserveInterval { get; set; } = DefaultObserveInterval;
}
