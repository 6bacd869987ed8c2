namespace Evidently.Schema.Testing;

/// <summary>Where a <see cref="PostgresServer"/> comes from.</summary>
public enum PostgresServerSource
{
    /// <summary>A server that runs already, named by a connection string. It is used, never stopped.</summary>
    Environment,

    /// <summary>Binaries installed on this machine, started on a data folder of their own.</summary>
    Installed,

    /// <summary>A container, when a Docker engine answers.</summary>
    Docker,

    /// <summary>Binaries fetched once into a cache, then started as installed ones are.</summary>
    Embedded,
}
