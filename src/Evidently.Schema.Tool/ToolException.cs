namespace Evidently.Schema.Tool;

/// <summary>Ends a command with one line and an exit code; the hint, what to type next, ends the line.</summary>
internal sealed class ToolException(string message, int exitCode, string? hint = null) : Exception(hint is null ? message : $"{message} {hint}")
{
    public int ExitCode { get; } = exitCode;

    public string? Hint { get; } = hint;
}
