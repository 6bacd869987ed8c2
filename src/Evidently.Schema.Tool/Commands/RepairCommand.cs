using System.CommandLine;
using Spectre.Console;

namespace Evidently.Schema.Tool.Commands;

/// <summary>Drains the notes and projects again what verification finds wrong, until there is nothing left, then verifies.</summary>
internal static class RepairCommand
{
    public static Command Create() => ToolRun.Command("repair", "Drains notes and mends what verification finds wrong, then verifies", RunAsync);

    private static async Task<int> RunAsync(ToolRun run, ParseResult arguments, CancellationToken cancellationToken)
    {
        await run.RequireAsync(Phase.Backfill, "Repairing", cancellationToken).ConfigureAwait(false);
        long total = 0;
        long touched;
        do
        {
            touched = (await run.ListAsync(Sql.Own("Repair.sql"), row => row.GetInt64(0), cancellationToken).ConfigureAwait(false))[0];
            total += touched;
        }
        while (touched > 0);

        if (!run.Json)
        {
            AnsiConsole.MarkupLineInterpolated($"{total} results were projected again.");
        }

        return VerifyCommand.Print(run, await run.Migrator.VerifyAsync(cancellationToken).ConfigureAwait(false));
    }
}
