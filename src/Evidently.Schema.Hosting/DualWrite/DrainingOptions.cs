using System.ComponentModel.DataAnnotations;

namespace Evidently.Schema.Hosting;

/// <summary>
/// Whether and how a host drains notes, changes of legacy that are not yet in the star, in the background. A turn is one statement and one
/// short transaction, of one node at a time; it needs no session and works through a pooler in transaction mode. The role owns the legacy
/// tables, or is <c>service_role</c>.
/// </summary>
public sealed class DrainingOptions
{
    internal const int DefaultBatchSize = 200;
    internal static readonly TimeSpan DefaultInterval = TimeSpan.FromSeconds(1);
    internal static readonly TimeSpan DefaultMaxInterval = TimeSpan.FromSeconds(30);

    /// <summary>Whether this host drains. Any number of hosts may: they take turns.</summary>
    /// <value><see langword="false"/>.</value>
    public bool Enabled { get; set; }

    /// <summary>The wait after the first turn that found nothing due; it doubles up to <see cref="MaxInterval"/>, each wait somewhere between
    /// half of that and all of it. While notes are due, turn follows turn.</summary>
    /// <value>1 second; from 0.01 seconds to 1 hour.</value>
    [Range(typeof(TimeSpan), "00:00:00.0100000", "01:00:00")]
    public TimeSpan Interval { get; set; } = DefaultInterval;

    /// <summary>The longest wait, also between tries while the database cannot be reached or has nothing to drain yet.</summary>
    /// <value>30 seconds; from <see cref="Interval"/> to 1 day.</value>
    [Range(typeof(TimeSpan), "00:00:00.0100000", "1.00:00:00")]
    public TimeSpan MaxInterval { get; set; } = DefaultMaxInterval;

    /// <summary>The most results a turn projects. Fewer where that takes longer than 0.15 seconds: a turn's transaction makes others wait.</summary>
    /// <value>200; from 1 to 1000.</value>
    [Range(1, 1000)]
    public int BatchSize { get; set; } = DefaultBatchSize;
}
