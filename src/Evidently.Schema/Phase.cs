namespace Evidently.Schema;

/// <summary>The five phases of the plan. A phase's migrations have the versions phase × 100 + step.</summary>
public enum Phase
{
    /// <summary>Nothing of ours is there, or everything was rolled back.</summary>
    None = 0,

    /// <summary>The star, its daily view, comments and access rules exist, empty.</summary>
    Create = 1,

    /// <summary>Changes of legacy are noted and its history is copied.</summary>
    Backfill = 2,

    /// <summary>The star follows legacy in the writer's own transaction.</summary>
    DualWrite = 3,

    /// <summary>Pages are read from the star, service by service.</summary>
    Reads = 4,

    /// <summary>The legacy table is archived and, on purpose only, dropped.</summary>
    Retire = 5,
}
