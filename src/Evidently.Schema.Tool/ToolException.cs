namespace Evidently.Schema.Tool;

/// <summary>Ends a command with one line and an exit code.</summary>
internal sealed class ToolException(string message, int exitCode) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
