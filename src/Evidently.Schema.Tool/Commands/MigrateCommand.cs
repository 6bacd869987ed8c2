using System.CommandLine;
using Evidently.Schema.Hosting;
using Evidently.Schema.Hosting.Data;
using Spectre.Console;

namespace Evidently.Schema.Tool.Commands;

/// <summary>Applies what is pending, up to a phase.</summary>
internal static class MigrateCommand
{
    public static Command Create()
    {
        var to = PhaseName.Option($"The phase to reach (default {MigrationCatalog.LastUntagged})", MigrationCatalog.LastUntagged);
        return ToolRun.Command("migrate", "Applies every pending migration up to a phase", (run, arguments, token) => RunAsync(run, arguments.GetValue(to), token), to);
    }

    public static async Task<int> RunAsync(ToolRun run, Phase to, CancellationToken cancellationToken)
    {
        if (to == Phase.None || to > MigrationCatalog.LastUntagged)
        {
            throw to == Phase.None
                ? new ToolException("Phase None is before the first migration.", ExitCode.BadArguments, "Type: evidently-schema rollback --to None")
                : new ToolException($"migrate goes to phase {MigrationCatalog.LastUntagged} at most; legacy is retired by:", ExitCode.BadArguments, "evidently-schema archive");
        }

        var applied = await Progress.ShowAsync(run, progress => run.Migrator.MigrateAsync(to, progress, cancellationToken)).ConfigureAwait(false);
        var status = await run.Migrator.GetStatusAsync(cancellationToken).ConfigureAwait(false);
        run.Answer(new { database = run.Database, phase = status.Phase, applied, dualWrite = status.DualWrite?.Mode }, () =>
        {
            AnsiConsole.MarkupLineInterpolated(
                $"{run.Database} is at phase [bold]{status.Phase}[/]. {(applied.Count == 0 ? "Nothing was pending." : $"Applied: {string.Join(", ", applied)}.")}");

            // Set so by somebody, or left so by a rollback that was interrupted: migration 303 is listed, and does not run again.
            if (status is { Phase: Phase.DualWrite or Phase.Reads, DualWrite.Mode: DualWriteMode.Off or DualWriteMode.Capture })
            {
                AnsiConsole.MarkupLine("[yellow]dual_write is not on[/]: changes are noted, and the star follows when they are drained. On again: evidently-schema mode sync");
            }
        });
        return ExitCode.Done;
    }
}
