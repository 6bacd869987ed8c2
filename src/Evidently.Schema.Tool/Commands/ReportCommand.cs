using System.CommandLine;
using Spectre.Console;

namespace Evidently.Schema.Tool.Commands;

/// <summary>One self-contained HTML file: what was promised, what is.</summary>
internal static class ReportCommand
{
    public static Command Create()
    {
        var output = new Option<FileInfo>("--output", "-o") { Description = "The file to write", DefaultValueFactory = _ => new FileInfo("evidently-schema.html") };
        var writes = new Option<bool>("--writes") { Description = "Also time an UPDATE of one result, with and without our triggers, rolled back; its rows are locked for that moment" };
        return ToolRun.Command("report", "Writes what was promised and what is measured to one HTML file", (run, arguments, token) => RunAsync(run, arguments.GetValue(output)!, arguments.GetValue(writes), token), output, writes);
    }

    private static async Task<int> RunAsync(ToolRun run, FileInfo output, bool writes, CancellationToken cancellationToken)
    {
        await run.RequireAsync(Phase.Create, "The report", cancellationToken).ConfigureAwait(false);
        var html = await Report.HtmlAsync(run, writes, cancellationToken).ConfigureAwait(false);
        await File.WriteAllTextAsync(output.FullName, html, cancellationToken).ConfigureAwait(false);
        run.Answer(new { database = run.Database, file = output.FullName }, () => AnsiConsole.MarkupLineInterpolated($"Written: {output.FullName}"));
        return ExitCode.Done;
    }
}
