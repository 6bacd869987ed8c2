using System.ComponentModel.DataAnnotations;

namespace Evidently.Schema.Hosting;

/// <summary>How <see cref="SchemaMigrator"/> reaches the database, how long it waits, and what runs beside the application.</summary>
public sealed class SchemaOptions
{
    internal const int DefaultBackfillWorkers = 2;

    internal static readonly TimeSpan DefaultLockTimeout = TimeSpan.FromMinutes(10);
    internal static readonly TimeSpan DefaultProgressInterval = TimeSpan.FromMilliseconds(500);

    /// <summary>
    /// The Npgsql connection string of the database that holds <c>extracted_positions</c>. The role owns the legacy tables; it needs no
    /// superuser. A session's advisory lock must hold, so go past a pooler in transaction mode.
    /// </summary>
    /// <value>Required, unless the container holds an <see cref="Npgsql.NpgsqlDataSource"/>. No default.</value>
    public string? ConnectionString { get; set; }

    /// <summary>How long a migrator waits for another one that works on the same database, before it refuses.</summary>
    /// <value>10 minutes; from zero (do not wait) to 7 days.</value>
    [Range(typeof(TimeSpan), "00:00:00", "7.00:00:00")]
    public TimeSpan LockTimeout { get; set; } = DefaultLockTimeout;

    /// <summary>
    /// How many sessions copy history at once in migration 206: the runner's own, and one more connection for each further one, held only
    /// while history is copied. They never meet, since each takes a lane of its own; the server has four. A session uses about one core.
    /// </summary>
    /// <value>2; from 1 (the runner's own) to 4.</value>
    [Range(1, 4)]
    public int BackfillWorkers { get; set; } = DefaultBackfillWorkers;

    /// <summary>The time between two reports to an <see cref="IProgress{T}"/> of <see cref="BackfillProgress"/>.</summary>
    /// <value>0.5 seconds; from 0.1 seconds to 1 hour.</value>
    [Range(typeof(TimeSpan), "00:00:00.1000000", "01:00:00")]
    public TimeSpan ProgressInterval { get; set; } = DefaultProgressInterval;

    /// <summary>Draining notes in the background, in hosts that run <see cref="Microsoft.Extensions.Hosting.IHostedService"/>s.</summary>
    /// <value>Not enabled.</value>
    public DrainingOptions Draining { get; } = new();

    /// <summary>
    /// Whether the host migrates when it starts: to <see cref="StartupOptions.BeforeServing"/> before it serves, to
    /// <see cref="StartupOptions.InBackground"/> while it does. Of any number of hosts one works; the others wait for it, or serve.
    /// </summary>
    /// <value><see langword="false"/>.</value>
    public bool MigrateOnStartup { get; set; }

    /// <summary>How far, with <see cref="MigrateOnStartup"/>.</summary>
    /// <value>Phase 1 before the host serves, phases 2 and 3 in the background.</value>
    public StartupOptions Startup { get; } = new();

    /// <summary>Refreshing and verifying at intervals, in hosts that run <see cref="Microsoft.Extensions.Hosting.IHostedService"/>s.</summary>
    /// <value>Neither.</value>
    public UpkeepOptions Upkeep { get; } = new();

    /// <summary>From where on the health checks say degraded.</summary>
    /// <value>Notes older than 5 minutes, a verification older than a day, 100 rows rejected within an hour.</value>
    public HealthOptions Health { get; } = new();
}
