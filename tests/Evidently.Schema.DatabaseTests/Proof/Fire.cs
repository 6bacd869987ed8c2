namespace Evidently.Schema.DatabaseTests.Proof;

/// <summary>What goes wrong beside a migration.</summary>
internal enum Fire
{
    /// <summary>kill -9 of a process that migrates up.</summary>
    KillUp,

    /// <summary>kill -9 of a process that rolls back.</summary>
    KillDown,

    /// <summary>A second runner starts at the same time.</summary>
    SecondRunner,

    /// <summary>And a third.</summary>
    ThirdRunner,

    /// <summary>pg_terminate_backend of one of our sessions.</summary>
    Terminate,

    /// <summary>pg_ctl stop -m immediate, and a start that recovers.</summary>
    Crash,

    /// <summary>A lock held on legacy.</summary>
    HoldLegacy,

    /// <summary>A lock held on the archived table.</summary>
    HoldArchived,

    /// <summary>A lock held on a parent.</summary>
    HoldParent,

    /// <summary>A lock held on a table of the star.</summary>
    HoldStar,

    /// <summary>A lock held on the daily view.</summary>
    HoldDailyView,

    /// <summary>A lock held on a table of evidently_schema's own.</summary>
    HoldOwn,

    /// <summary>A REPEATABLE READ transaction that stays open.</summary>
    LongLook,

    /// <summary>A transaction that takes the tables in the order opposite to ours.</summary>
    Deadlock,

    /// <summary>A job of the application's, at any isolation level, of many results.</summary>
    Job,

    /// <summary>The network swallows what is sent, then cuts.</summary>
    Swallow,

    /// <summary>The network is slow, then cuts.</summary>
    Slow,

    /// <summary>The network cuts.</summary>
    Cut,

    /// <summary>dual_write is switched.</summary>
    SwitchMode,

    /// <summary>The backfill is paused and goes on.</summary>
    PauseBackfill,

    /// <summary>The batch size is changed.</summary>
    BatchSize,

    /// <summary>A service's pages are routed elsewhere.</summary>
    SwitchRoute,

    /// <summary>write_target is switched to star and back.</summary>
    SwitchTarget,

    /// <summary>VACUUM FULL of legacy or the star.</summary>
    VacuumFull,

    /// <summary>CLUSTER of legacy or the star.</summary>
    Cluster,

    /// <summary>REINDEX of legacy or the star, CONCURRENTLY or not.</summary>
    Reindex,

    /// <summary>ANALYZE of legacy or the star: its cached plans are made again.</summary>
    Analyze,
}
