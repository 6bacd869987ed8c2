namespace Evidently.Schema.Tool;

/// <summary>What the tool's exit codes mean; docs/tool.md repeats them.</summary>
internal static class ExitCode
{
    /// <summary>Done; or: the answer is yes.</summary>
    public const int Done = 0;

    /// <summary>The database refused or failed.</summary>
    public const int Failed = 1;

    /// <summary>The command line cannot be used. Nothing was asked of a database.</summary>
    public const int BadArguments = 2;

    /// <summary>The answer is no: preflight found a blocker, verification found differences.</summary>
    public const int No = 3;

    /// <summary>Another runner works, or a table stays locked: later the same may pass.</summary>
    public const int Busy = 4;

    /// <summary>There is no such server or database, or it does not let us in.</summary>
    public const int NoConnection = 5;

    /// <summary>Not confirmed: the command asks, or needs --yes where nobody can be asked.</summary>
    public const int NotConfirmed = 6;

    /// <summary>Interrupted; what is committed stays.</summary>
    public const int Interrupted = 130;

    /// <summary>The word for it in a JSON error that has no other.</summary>
    public static string NameOf(int code) => code switch
    {
        BadArguments => nameof(BadArguments),
        No => nameof(No),
        Busy => nameof(Busy),
        NoConnection => nameof(NoConnection),
        NotConfirmed => nameof(NotConfirmed),
        Interrupted => nameof(Interrupted),
        _ => nameof(Failed),
    };
}
