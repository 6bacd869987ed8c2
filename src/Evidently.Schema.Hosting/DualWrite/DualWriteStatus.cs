namespace Evidently.Schema.Hosting;

/// <summary>What the triggers on legacy do with a change: the setting <c>dual_write</c>.</summary>
public enum DualWriteMode
{
    /// <summary>As <see cref="Capture"/>: there is no mode in which changes go unnoted.</summary>
    Off = 0,

    /// <summary>Changes are noted.</summary>
    Capture = 1,

    /// <summary>Changes are projected in the writer's own transaction; what cannot be is noted.</summary>
    Sync = 2,

    /// <summary>As <see cref="Sync"/>, but an error of the projection fails the writer.</summary>
    Strict = 3,
}

/// <summary>How the dual-write is doing: the view <c>evidently_schema.dual_write_status</c>.</summary>
/// <param name="Mode">What the triggers do.</param>
/// <param name="Notes">Changes that are noted and not yet in the star.</param>
/// <param name="Oldest">The age of the oldest note: how far the star is behind; <see langword="null"/> without notes.</param>
/// <param name="Failing">Results that were tried in vain and will be tried again.</param>
/// <param name="LastError">Why the last of them failed, as <c>SQLSTATE 53100</c>; <see langword="null"/> where none does.</param>
public sealed record DualWriteStatus(DualWriteMode Mode, long Notes, TimeSpan? Oldest, long Failing, string? LastError);
