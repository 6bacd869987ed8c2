namespace Evidently.Schema.Hosting;

/// <summary>What kind of refusal or failure a <see cref="SchemaException"/> reports. <c>EVnnn</c> is the SQLSTATE our SQL raises.</summary>
public enum SchemaError
{
    /// <summary>Any other error of the database; <see cref="SchemaException.SqlState"/> says which.</summary>
    Database = 0,

    /// <summary>EV001: the server is too old, or a table, column or type that the migration needs is missing.</summary>
    RequirementNotMet = 1,

    /// <summary>EV002, or 42501 of PostgreSQL: the role lacks a right.</summary>
    MissingRights = 2,

    /// <summary>EV003: the runner wraps all migrations in one transaction (TransactionPerSession, <c>-m session</c>).</summary>
    SessionTransaction = 3,

    /// <summary>EV004: another runner works on this database and did not end in time.</summary>
    RunnerBusy = 4,

    /// <summary>EV005: a table that the application uses could not be locked in time; the message names the blocking backend.</summary>
    LockTimeout = 5,

    /// <summary>EV006: the star differs from what legacy projects to.</summary>
    VerificationFailed = 6,

    /// <summary>EV007: the database is in a state in which this step is refused, a Down below a later phase, say.</summary>
    WrongState = 7,

    /// <summary>EV008: a value in <c>evidently_schema.settings</c> is not allowed.</summary>
    BadSetting = 8,

    /// <summary>EV009: <c>dual_write</c> is <c>strict</c> and a result could not be written to the star.</summary>
    NotProjected = 9,

    /// <summary>EV010: what was given to <c>evidently_schema.save_positions</c> is no result.</summary>
    BadPositions = 10,

    /// <summary>EV011: a read route cannot be raised, or is none; the message lists every open point.</summary>
    RouteRefused = 11,

    /// <summary>EV012: a step of phase 5 has open points; the message lists each, with what settles it.</summary>
    OpenPoints = 12,

    /// <summary>The server cannot be reached, or the connection broke.</summary>
    Unreachable = 100,

    /// <summary>The server refused the log-in: user, password, database or pg_hba.conf.</summary>
    LoginRefused = 101,
}
