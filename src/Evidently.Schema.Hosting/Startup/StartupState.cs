namespace Evidently.Schema.Hosting.Startup;

/// <summary>What this host's startup is at, for its health check.</summary>
internal sealed class StartupState
{
    private volatile string _doing = "not started";
    private volatile string? _problem;

    /// <summary>For people: waiting, migrating, done.</summary>
    public string Doing
    {
        get => _doing;
        set => _doing = value;
    }

    /// <summary>Why the last try failed; null when none has, or one has succeeded since.</summary>
    public string? Problem
    {
        get => _problem;
        set => _problem = value;
    }
}
