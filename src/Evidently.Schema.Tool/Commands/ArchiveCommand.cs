using System.CommandLine;
using Evidently.Schema.Hosting.Data;
using Spectre.Console;

namespace Evidently.Schema.Tool.Commands;

/// <summary>Phase 5: archives legacy behind a view. The database refuses, and names each open point, unless everything is ready.</summary>
internal static class ArchiveCommand
{
    public static Command Create()
    {
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask" };
        return ToolRun.Command("archive", "Renames extracted_positions and puts a view of the same shape in its place (phase 5)", (run, arguments, token) => RunAsync(run, arguments.GetValue(yes), token), yes);
    }

    private static async Task<int> RunAsync(ToolRun run, bool yes, CancellationToken cancellationToken)
    {
        await run.RequireAsync(MigrationCatalog.LastUntagged, "Archiving", cancellationToken).ConfigureAwait(false);
        run.Confirm($"extracted_positions in {run.Database} is renamed to extracted_positions_archived; a view takes its name.", yes);
        var applied = await run.Migrator.MigrateAsync(Phase.Retire, cancellationToken).ConfigureAwait(false);
        run.Answer(new { database = run.Database, phase = Phase.Retire, applied }, () => AnsiConsole.MarkupLineInterpolated(
            $"{(applied.Count == 0 ? "It is archived already." : $"Archived. Applied: {string.Join(", ", applied)}.")} Back: evidently-schema rollback --to {MigrationCatalog.LastUntagged}"));
        return ExitCode.Done;
    }
}
