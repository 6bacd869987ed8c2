using System.ComponentModel.DataAnnotations;

namespace Evidently.Schema.Hosting;

/// <summary>How far a host migrates when it starts, with <see cref="SchemaOptions.MigrateOnStartup"/>.</summary>
public sealed class StartupOptions
{
    internal const Phase DefaultBeforeServing = Phase.Create;
    internal const Phase DefaultInBackground = Phase.DualWrite;
    internal static readonly TimeSpan DefaultLease = TimeSpan.FromSeconds(10);

    /// <summary>The phase that is reached before the host serves: its start waits for it, whichever host does the work, and fails when that fails.</summary>
    /// <value><see cref="Phase.Create"/>, which takes milliseconds; <see cref="Phase.None"/>: waits for nothing.</value>
    [EnumDataType(typeof(Phase))]
    public Phase BeforeServing { get; set; } = DefaultBeforeServing;

    /// <summary>The phase that is reached in the background, while the host serves. What fails is logged, shown by the health check and tried again.</summary>
    /// <value><see cref="Phase.DualWrite"/>. No further than <see cref="BeforeServing"/>: nothing is done in the background.</value>
    [EnumDataType(typeof(Phase))]
    public Phase InBackground { get; set; } = DefaultInBackground;

    /// <summary>How soon another host takes over from one that was killed. One that stops hands over at once.</summary>
    /// <value>10 seconds; from 1 second to 10 minutes.</value>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Lease { get; set; } = DefaultLease;
}
