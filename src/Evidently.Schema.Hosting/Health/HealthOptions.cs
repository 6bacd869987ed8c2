using System.ComponentModel.DataAnnotations;

namespace Evidently.Schema.Hosting;

/// <summary>From where on the health checks say degraded.</summary>
public sealed class HealthOptions
{
    internal const int DefaultMaxRejectedGrowth = 100;
    internal static readonly TimeSpan DefaultMaxPendingAge = TimeSpan.FromMinutes(5);
    internal static readonly TimeSpan DefaultMaxVerificationAge = TimeSpan.FromHours(24);
    internal static readonly TimeSpan DefaultRejectedWindow = TimeSpan.FromHours(1);

    /// <summary>The oldest that a note, a change that is not yet in the star, may be from phase 3 on.</summary>
    /// <value>5 minutes; from 1 second to 7 days.</value>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan MaxPendingAge { get; set; } = DefaultMaxPendingAge;

    /// <summary>The oldest that the last verification may be from phase 3 on.</summary>
    /// <value>24 hours; from 1 minute to 365 days.</value>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan MaxVerificationAge { get; set; } = DefaultMaxVerificationAge;

    /// <summary>How many legacy rows may be rejected for the first time within <see cref="RejectedWindow"/>, those of history left out.</summary>
    /// <value>100; 0 or more.</value>
    [Range(0, int.MaxValue)]
    public int MaxRejectedGrowth { get; set; } = DefaultMaxRejectedGrowth;

    /// <summary>The time in which rejected rows are counted.</summary>
    /// <value>1 hour; from 1 minute to 30 days.</value>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan RejectedWindow { get; set; } = DefaultRejectedWindow;
}
