namespace Evidently.Schema.Tool;

internal static class Report
{
    public static Task<string> HtmlAsync(ToolRun run, CancellationToken cancellationToken) => Task.FromResult(string.Empty);
}
