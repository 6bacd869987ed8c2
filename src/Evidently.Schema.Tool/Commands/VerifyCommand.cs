using System.CommandLine;
using System.Globalization;
using Evidently.Schema.Hosting;
using Spectre.Console;

namespace Evidently.Schema.Tool.Commands;

/// <summary>Compares the star with what legacy projects to.</summary>
internal static class VerifyCommand
{
    private static readonly string[] Columns = ["missing", "extra", "different", "ok"];

    public static Command Create() => ToolRun.Command("verify", "Compares the star with legacy, row for row; exit code 3 where they differ", RunAsync);

    public static async Task<int> RunAsync(ToolRun run, ParseResult arguments, CancellationToken cancellationToken)
    {
        await run.RequireAsync(Phase.Backfill, "Verifying", cancellationToken).ConfigureAwait(false);
        return Print(run, await run.Migrator.VerifyAsync(cancellationToken).ConfigureAwait(false));
    }

    public static int Print(ToolRun run, VerificationReport report)
    {
        run.Answer(new { database = run.Database, report.Ok, report.Checks }, () =>
        {
            var table = new Table().RoundedBorder().AddColumn("check");
            foreach (var column in Columns)
            {
                table.AddColumn(column, cell => cell.RightAligned());
            }

            foreach (var check in report.Checks)
            {
                table.AddRow(check.Name.EscapeMarkup(), Number(check.Missing), Number(check.Extra), Number(check.Different), check.Ok ? "ok" : "[red]no[/]");
            }

            AnsiConsole.Write(table);
            AnsiConsole.MarkupLine(report.Ok ? "The star is what legacy projects to." : "[red]The star differs.[/] Type: evidently-schema repair");
        });
        return report.Ok ? ExitCode.Done : ExitCode.No;
    }

    private static string Number(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
